import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { errorNameOf } from '../../lib/errors.ts';
import type { Connection } from '../../lib/messaging/operator-queue.ts';
import { Problem } from '../problem.ts';

/** The function that runs sync jobs. */
export interface ScheduleFunction {
  readonly name: string;
  /**
   * Runs it once, as a tick of its schedule does, and waits for its answer.
   *
   * @param tick `{"job": "accounts"}`
   * @returns What the run did.
   * @throws Problem `FUNCTION_DENIED`, `FUNCTION_AWAY`: it did not run. `RUN_FAILED`: it ran and failed. `NO_ANSWER`: it may
   *   be running still.
   */
  run(tick: { readonly job: string; readonly sweep?: true }): Promise<unknown>;
}

/** Lambda lets a function run for 15 minutes. */
const ANSWER_TIMEOUT_MS = 16 * 60_000;

const DENIED =
  /^(AccessDenied|AccessDeniedException|ExpiredTokenException|InvalidSignatureException|KMSAccessDeniedException|UnrecognizedClientException)$/;
const AWAY =
  /^(ResourceNotFoundException|ResourceNotReadyException|ResourceConflictException|InvalidRequestContentException)$/;
const BUSY = /^(TooManyRequestsException|ThrottlingException)$/;

/** @param options.client For tests. Default: an own client, which asks once: a repetition would be a second run. */
export function scheduleFunction({
  name,
  connection = {},
  client = lambdaClient(connection),
}: {
  readonly name: string;
  readonly connection?: Connection;
  readonly client?: Pick<LambdaClient, 'send'>;
}): ScheduleFunction {
  return {
    name,
    async run(tick) {
      const command = new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(tick)) });
      const answer = await client.send(command).catch((error: unknown) => {
        throw notInvoked(name, error);
      });
      const payload = parsed(answer.Payload);
      if (answer.FunctionError !== undefined) throw runFailed(name, payload);
      return payload;
    },
  };
}

function notInvoked(name: string, error: unknown): unknown {
  const errorName = errorNameOf(error);
  if (DENIED.test(errorName)) {
    return new Problem(
      'FUNCTION_DENIED',
      `function ${name} may not be invoked by you (${errorName}): you need lambda:InvokeFunction on it`,
    );
  }
  if (AWAY.test(errorName)) {
    return new Problem(
      'FUNCTION_AWAY',
      `function ${name} cannot be invoked (${errorName}): check its name and the region, and whether a deployment is under way`,
    );
  }
  if (BUSY.test(errorName)) {
    return new Problem(
      'FUNCTION_AWAY',
      `all containers of function ${name} are at work (${errorName}): try again when their runs are over`,
    );
  }
  // Without credentials or a region nothing was asked: toldOf knows what to say.
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: string };
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return new Problem(
      'FUNCTION_AWAY',
      `nobody answers where Lambda should be (${code}): check the region and the network`,
    );
  }
  if (/Credential|TokenProvider|Region is missing/.test(`${errorName} ${(error as Error).message}`)) {
    return new Problem(
      'FUNCTION_DENIED',
      `function ${name} could not be asked (${errorName}): set AWS_REGION, and AWS_PROFILE or other credentials, as for any AWS command`,
    );
  }
  const status = $metadata?.httpStatusCode === undefined ? '' : `, HTTP ${$metadata.httpStatusCode}`;
  return new Problem(
    'NO_ANSWER',
    `no answer came from function ${name} (${errorName}${status}): the run may be under way, and loses nothing`,
  );
}

/** The function begins what it throws with the code. */
const CODE_FIRST = /^([A-Z][A-Z0-9_]+): /;

function runFailed(name: string, payload: unknown): Problem {
  const { errorType = 'Error', errorMessage = 'without a message' } = (payload ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const code = CODE_FIRST.exec(String(errorMessage))?.[1] ?? null;
  const run = { code, error: String(errorType) };
  return new Problem('RUN_FAILED', `the run failed in function ${name}: ${errorType}: ${errorMessage}`, { run });
}

function parsed(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString());
  } catch {
    return undefined;
  }
}

function lambdaClient(connection: Connection): LambdaClient {
  return new LambdaClient({
    ...connection,
    maxAttempts: 1,
    // Without the last setting the time limit of a request only writes a warning.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: ANSWER_TIMEOUT_MS, throwOnRequestTimeout: true },
  });
}
