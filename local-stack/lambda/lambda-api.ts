import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import type { LambdaFunction } from './host.ts';

/** Lambda's own API, as far as an operator needs it in a drill. */
export interface LambdaApi {
  /**
   * For `aws lambda … --endpoint-url`: event source mappings are listed, shown and updated (`Enabled` alone). Besides, `POST
   * <url>/-/functions/<name>/kill` kills the containers of a function, which Lambda has no request for.
   */
  readonly url: string;
  close(): Promise<void>;
}

export interface LambdaApiOptions {
  readonly functions: Readonly<Record<string, Pick<LambdaFunction, 'name' | 'arn' | 'sandboxes'>>>;
  readonly mapping: Pick<EventSourceMapping, 'state' | 'enable'>;
  /** The function that the mapping calls. */
  readonly target: Pick<LambdaFunction, 'name' | 'arn'>;
  readonly queueArn: string;
  readonly port?: number;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const MAPPINGS = '/2015-03-31/event-source-mappings';
const BODY_LIMIT_BYTES = 65_536;

/** @see AWS Lambda API Reference, ListEventSourceMappings, GetEventSourceMapping, UpdateEventSourceMapping */
export async function startLambdaApi({
  functions,
  mapping,
  target,
  queueArn,
  port = 0,
}: LambdaApiOptions): Promise<LambdaApi> {
  const uuid = randomUUID();
  const shown = () => ({ UUID: uuid, EventSourceArn: queueArn, FunctionArn: target.arn, State: mapping.state() });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lambda');
    const route = `${request.method} ${pathname.replace(/\/$/, '')}`;
    if (route === `GET ${MAPPINGS}`) {
      const wanted = searchParams.get('FunctionName');
      const isAsked = wanted === null || wanted === target.name || wanted === target.arn;
      return { status: 200, body: { EventSourceMappings: isAsked ? [shown()] : [] } };
    }
    if (route === `GET ${MAPPINGS}/${uuid}`) return { status: 200, body: shown() };
    if (route === `PUT ${MAPPINGS}/${uuid}`) return update(await readBody(request, BODY_LIMIT_BYTES));

    const [, name = ''] = /^POST \/-\/functions\/([^/]+)\/kill$/.exec(route) ?? [];
    const sandboxes = Object.hasOwn(functions, name) ? functions[name]?.sandboxes() : undefined;
    if (!sandboxes) return failure(404, 'there is no such resource');
    for (const sandbox of sandboxes) sandbox.kill();
    await Promise.all(sandboxes.map(({ gone }) => gone));
    return { status: 200, body: { killed: sandboxes.length } };
  }

  function update(body: Buffer | 'too-large'): Answer {
    const { Enabled, ...others } = membersOf(body);
    const [other] = Object.keys(others).filter((name) => name !== 'UUID');
    if (other !== undefined || typeof Enabled !== 'boolean') {
      return failure(400, 'this stand-in takes a JSON object with Enabled, true or false, and nothing else');
    }
    mapping.enable(Enabled);
    return { status: 202, body: shown() };
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: Error) => failure(500, error.message))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
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

function failure(status: number, Message: string): Answer {
  return { status, body: { Type: status === 500 ? 'Service' : 'User', Message } };
}
