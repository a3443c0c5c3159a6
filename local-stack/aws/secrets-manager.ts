import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';
import { SecretsManagerError, secretStore } from './secret-store.ts';

/** How a read fails: too many of them, no permission, no key, an error of the service, or no answer at all. */
export type SecretsManagerFault = 'throttle' | 'deny' | 'undecryptable' | 'unavailable' | 'silent';

/** Secrets Manager, as much of it as reading and rotating a secret needs. */
export interface SecretsManagerStandIn {
  readonly endpoint: string;
  /** `reads` counts every GetSecretValue that arrived, `faults` those that were made to fail. */
  stats(): { readonly reads: number; readonly faults: number };
  /** Makes the next `times` reads fail, or (0) all from now on. Takes the place of an earlier fault. */
  failReads(fault: SecretsManagerFault, options?: { times?: number }): void;
  /** Answers reads again. */
  recover(): void;
  close(): Promise<void>;
}

const FAULTS: Readonly<Record<Exclude<SecretsManagerFault, 'silent'>, SecretsManagerError>> = {
  throttle: new SecretsManagerError('ThrottlingException', 'Rate exceeded'),
  deny: new SecretsManagerError(
    'AccessDeniedException',
    'User: arn:aws:sts::000000000000:assumed-role/local is not authorized to perform: secretsmanager:GetSecretValue because no identity-based policy allows the secretsmanager:GetSecretValue action',
  ),
  undecryptable: new SecretsManagerError(
    'DecryptionFailure',
    "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
  ),
  unavailable: new SecretsManagerError('InternalServiceError', 'An error occurred on the server side.', 500),
};

const BODY_LIMIT_BYTES = 256 * 1_024;

/**
 * Starts it: JSON 1.1 over POST, with CreateSecret, GetSecretValue, PutSecretValue, DescribeSecret and
 * UpdateSecretVersionStage. Signatures are not checked.
 */
export async function startSecretsManager({ port = 0 }: { port?: number } = {}): Promise<SecretsManagerStandIn> {
  const { operations } = secretStore();
  const counts = { reads: 0, faults: 0 };
  let planned: { readonly fault: SecretsManagerFault; left: number } | undefined;

  function takeFault(): SecretsManagerFault | undefined {
    if (!planned) return undefined;
    const { fault } = planned;
    planned.left -= 1;
    if (planned.left === 0) planned = undefined;
    counts.faults += 1;
    return fault;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = String(request.headers['x-amz-target'] ?? '').replace(/^secretsmanager\./, '');
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (request.method !== 'POST' || !operation) {
      throw new SecretsManagerError('UnknownOperationException', `This stand-in does not know "${name}".`);
    }
    const input = parseInput(await readBody(request, BODY_LIMIT_BYTES));
    if (name === 'GetSecretValue') {
      counts.reads += 1;
      const fault = takeFault();
      if (fault === 'silent') return;
      if (fault) throw FAULTS[fault];
    }
    send(response, 200, operation(input));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const { type, message, status } =
        error instanceof SecretsManagerError
          ? error
          : new SecretsManagerError('InternalServiceError', String(error), 500);
      send(response, status, { __type: type, message });
    });
  });
  const { origin, close } = await listenOnLoopback(server, port);

  return {
    endpoint: origin,
    stats: () => ({ ...counts }),
    failReads(fault, { times = 0 } = {}) {
      planned = { fault, left: times === 0 ? Number.POSITIVE_INFINITY : times };
    },
    recover() {
      planned = undefined;
    },
    close,
  };
}

function parseInput(body: Buffer | 'too-large'): Readonly<Record<string, unknown>> {
  if (body === 'too-large') throw new SecretsManagerError('InvalidRequestException', 'The request is too large.', 413);
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>;
  } catch {
    // Told below, together with JSON that is not an object.
  }
  throw new SecretsManagerError('SerializationException', 'The body is not a JSON object.');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() })
    .end(JSON.stringify(body));
}
