import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import { type LambdaFunction, ThrottledError } from './host.ts';

/** Lambda's own API, as far as an operator needs it. */
export interface LambdaApi {
  /**
   * For `aws lambda … --endpoint-url`: functions are called, and waited for; event source mappings are listed, shown and updated
   * (`Enabled` alone). Besides, `POST <url>/-/functions/<name>/kill` kills the containers of a function, which Lambda has no
   * request for.
   */
  readonly url: string;
  close(): Promise<void>;
}

/** A queue, and the function that gets its messages. */
export interface MappedQueue {
  readonly mapping: Pick<EventSourceMapping, 'state' | 'enable'>;
  readonly target: Pick<LambdaFunction, 'name' | 'arn'>;
  readonly queueArn: string;
}

export interface LambdaApiOptions {
  readonly functions: Readonly<Record<string, Pick<LambdaFunction, 'name' | 'arn' | 'sandboxes' | 'invoke'>>>;
  readonly mappings: readonly MappedQueue[];
  readonly port?: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAPPINGS = '/2015-03-31/event-source-mappings';
const INVOCATION = /^POST \/2015-03-31\/functions\/([^/]+)\/invocations$/;
const KILL = /^POST \/-\/functions\/([^/]+)\/kill$/;
const BODY_LIMIT_BYTES = 65_536;
/** Of an event. */
const EVENT_LIMIT_BYTES = 6 * 1_048_576;

/**
 * @see AWS Lambda API Reference, Invoke (`RequestResponse`), ListEventSourceMappings, GetEventSourceMapping,
 *   UpdateEventSourceMapping
 */
export async function startLambdaApi({ functions, mappings, port = 0 }: LambdaApiOptions): Promise<LambdaApi> {
  const mapped = mappings.map((each) => ({ ...each, uuid: randomUUID() }));
  const shown = ({ uuid, queueArn, target, mapping }: (typeof mapped)[number]) => ({
    UUID: uuid,
    EventSourceArn: queueArn,
    FunctionArn: target.arn,
    State: mapping.state(),
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lambda');
    const route = `${request.method} ${pathname.replace(/\/$/, '')}`;
    if (route === `GET ${MAPPINGS}`) {
      const wanted = searchParams.get('FunctionName');
      const asked = mapped.filter(({ target }) => [null, target.name, target.arn].includes(wanted));
      return { status: 200, body: { EventSourceMappings: asked.map(shown) } };
    }
    const found = mapped.find(({ uuid }) => route.endsWith(` ${MAPPINGS}/${uuid}`));
    if (found && request.method === 'GET') return { status: 200, body: shown(found) };
    if (found && request.method === 'PUT') return update(found, await readBody(request, BODY_LIMIT_BYTES));

    const [, called] = INVOCATION.exec(route) ?? [];
    if (called !== undefined) return invoke(decodeURIComponent(called), await readBody(request, EVENT_LIMIT_BYTES));
    const sandboxes = functionOf(KILL.exec(route)?.[1] ?? '')?.sandboxes();
    if (!sandboxes) return failure(404, 'there is no such resource');
    for (const sandbox of sandboxes) sandbox.kill();
    await Promise.all(sandboxes.map(({ gone }) => gone));
    return { status: 200, body: { killed: sandboxes.length } };
  }

  /** By its name or ARN. */
  function functionOf(called: string) {
    return Object.entries(functions).find(([name, { arn }]) => name === called || arn === called)?.[1];
  }

  /** Calls a function and waits, whatever the request says of its type. */
  async function invoke(called: string, body: Buffer | 'too-large'): Promise<Answer> {
    const target = functionOf(called);
    if (!target) return failure(404, `Function not found: ${called}`, 'ResourceNotFoundException');
    if (body === 'too-large') return failure(413, 'the event is too large', 'RequestTooLargeException');
    let event: unknown;
    try {
      event = body.length === 0 ? null : JSON.parse(body.toString());
    } catch {
      return failure(400, 'Could not parse request body into json', 'InvalidRequestContentException');
    }
    try {
      const { payload, functionError } = await target.invoke(event);
      return {
        status: 200,
        body: payload,
        headers: {
          'x-amz-executed-version': '$LATEST',
          ...(functionError && { 'x-amz-function-error': functionError }),
        },
      };
    } catch (error) {
      if (error instanceof ThrottledError) return failure(429, error.message, error.name);
      throw error;
    }
  }

  function update(found: (typeof mapped)[number], body: Buffer | 'too-large'): Answer {
    const { Enabled, ...others } = membersOf(body);
    const [other] = Object.keys(others).filter((name) => name !== 'UUID');
    if (other !== undefined || typeof Enabled !== 'boolean') {
      return failure(400, 'this stand-in takes a JSON object with Enabled, true or false, and nothing else');
    }
    found.mapping.enable(Enabled);
    return { status: 202, body: shown(found) };
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: Error) => failure(500, error.message))
      .then(({ status, body, headers }) => {
        const text = JSON.stringify(body ?? null);
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
      });
  });
  const { origin, close } = await listenOnLoopback(server, port);
  return { url: origin, close };
}

function membersOf(body: Buffer | 'too-large'): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** @param type What the SDK names the error by. */
function failure(status: number, Message: string, type?: string): Answer {
  return {
    status,
    body: { Type: status >= 500 ? 'Service' : 'User', Message },
    ...(type !== undefined && { headers: { 'x-amzn-errortype': type } }),
  };
}
