import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';
import { arnOf } from './account.ts';

/** How a request fails: too many of them, no permission, an error of the service, no answer, or one that stops in its middle. */
export type EventBusFault = 'throttle' | 'deny' | 'unavailable' | 'silent' | 'stalled';

/** An event as it stands on a bus. */
export interface BusEvent {
  /** Name of the bus, also where the request gave its ARN. */
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
}

/** EventBridge, as much of it as putting events needs. It keeps what comes, and has no rules. */
export interface EventBusStandIn {
  readonly endpoint: string;
  /** What is on the buses so far, oldest first. */
  events(): readonly BusEvent[];
  /** `dropped`: events for a bus that does not exist, which are taken and gone, as on AWS. */
  stats(): {
    readonly requests: number;
    readonly faults: number;
    readonly refusedEntries: number;
    readonly dropped: number;
  };
  /** Makes the next `times` requests fail, or (0) all from now on. Takes the place of an earlier fault. */
  failRequests(fault: EventBusFault, options?: { times?: number }): void;
  /**
   * Refuses entries of requests that are answered, those of which the detail has this text; `times` of them, or (0) all from
   * now on. Takes the place of an earlier one.
   */
  refuseEntries(code: string, options?: { times?: number; withText?: string }): void;
  /** Answers again as it should. */
  recover(): void;
  close(): Promise<void>;
}

interface Entry {
  readonly EventBusName?: unknown;
  readonly Source?: unknown;
  readonly DetailType?: unknown;
  readonly Detail?: unknown;
}

class EventBridgeError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

const FAULTS: Readonly<Record<Exclude<EventBusFault, 'silent' | 'stalled'>, EventBridgeError>> = {
  throttle: new EventBridgeError('ThrottlingException', 'Rate exceeded'),
  deny: new EventBridgeError(
    'AccessDeniedException',
    'User: arn:aws:sts::000000000000:assumed-role/local is not authorized to perform: events:PutEvents because no identity-based policy allows the events:PutEvents action',
  ),
  unavailable: new EventBridgeError('InternalException', 'This exception occurs due to unexpected causes.', 500),
};

const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1_024;
const BODY_LIMIT_BYTES = 2 * 1_024 * 1_024;

/**
 * Starts it: JSON 1.1 over POST, with PutEvents and DescribeEventBus. Signatures are not checked.
 *
 * @param options.buses Names of those that exist. Default: `default` alone, which every account has.
 * @param options.logFile Each event becomes a line of it as well. Default: none.
 */
export async function startEventBus({
  buses = [],
  logFile,
  port = 0,
}: {
  readonly buses?: readonly string[];
  readonly logFile?: string;
  readonly port?: number;
} = {}): Promise<EventBusStandIn> {
  const names = new Set(['default', ...buses.map(nameOf)]);
  const events: BusEvent[] = [];
  const log = logFile === undefined ? undefined : createWriteStream(logFile);
  const counts = { requests: 0, faults: 0, refusedEntries: 0, dropped: 0 };
  let fault: { readonly kind: EventBusFault; left: number } | undefined;
  let refusal: { readonly code: string; readonly withText: string; left: number } | undefined;

  function takeFault(): EventBusFault | undefined {
    if (!fault || fault.left === 0) return undefined;
    fault.left -= 1;
    counts.faults += 1;
    return fault.kind;
  }

  /** Why an entry is not taken; nothing when it is. */
  function refusalOf({ Source, DetailType, Detail }: Entry): string | undefined {
    if (![Source, DetailType, Detail].every((text) => typeof text === 'string' && text !== ''))
      return 'InvalidArgument';
    if (String(DetailType).length > 128 || String(Source).length > 256) return 'InvalidArgument';
    if (String(Source).startsWith('aws.')) return 'NotAuthorizedForSourceException';
    if (!isJsonObject(String(Detail))) return 'MalformedDetail';
    if (!refusal || refusal.left === 0 || !String(Detail).includes(refusal.withText)) return undefined;
    refusal.left -= 1;
    return refusal.code;
  }

  function put(entry: Entry) {
    const code = refusalOf(entry);
    if (code) {
      counts.refusedEntries += 1;
      return { ErrorCode: code, ErrorMessage: `${code} of this stand-in` };
    }
    const bus = nameOf(String(entry.EventBusName ?? 'default'));
    const detail: unknown = JSON.parse(String(entry.Detail));
    if (names.has(bus)) {
      const event = { bus, source: String(entry.Source), detailType: String(entry.DetailType), detail };
      events.push(event);
      log?.write(`${JSON.stringify(event)}\n`);
    } else {
      counts.dropped += 1;
    }
    return { EventId: randomUUID() };
  }

  const operations: Readonly<Record<string, (input: Record<string, unknown>) => object>> = {
    PutEvents({ Entries }) {
      const entries: readonly Entry[] = Array.isArray(Entries) ? Entries : [];
      if (entries.length === 0 || entries.length > MAX_ENTRIES) {
        throw new EventBridgeError('ValidationException', `Entries must have between 1 and ${MAX_ENTRIES} members`);
      }
      if (entries.reduce((sum, entry) => sum + bytesOf(entry), 0) >= MAX_BYTES) {
        throw new EventBridgeError(
          'ValidationException',
          'Total size of the entries in the request is over the limit.',
        );
      }
      const answers = entries.map(put);
      return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
    },
    DescribeEventBus({ Name = 'default' }) {
      const name = nameOf(String(Name));
      if (!names.has(name)) {
        throw new EventBridgeError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
      }
      return { Name: name, Arn: arnOf('events', `event-bus/${name}`) };
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = String(request.headers['x-amz-target'] ?? '').replace(/^AWSEvents\./, '');
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (request.method !== 'POST' || !operation) {
      throw new EventBridgeError('UnknownOperationException', `This stand-in does not know "${name}".`);
    }
    const input = parseInput(await readBody(request, BODY_LIMIT_BYTES));
    counts.requests += 1;
    const failing = takeFault();
    if (failing === 'silent') return;
    if (failing === 'stalled') return void response.writeHead(200, JSON_HEADERS).write('{"FailedEntryCount":');
    if (failing) throw FAULTS[failing];
    send(response, 200, operation(input));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const { type, message, status } =
        error instanceof EventBridgeError ? error : new EventBridgeError('InternalException', String(error), 500);
      send(response, status, { __type: type, message });
    });
  });
  const { origin, close } = await listenOnLoopback(server, port);

  return {
    endpoint: origin,
    events: () => events,
    stats: () => ({ ...counts }),
    failRequests(kind, { times = 0 } = {}) {
      fault = { kind, left: times === 0 ? Number.POSITIVE_INFINITY : times };
    },
    refuseEntries(code, { times = 0, withText = '' } = {}) {
      refusal = { code, withText, left: times === 0 ? Number.POSITIVE_INFINITY : times };
    },
    recover() {
      fault = undefined;
      refusal = undefined;
    },
    async close() {
      await close();
      if (log) await new Promise<void>((resolve) => log.end(resolve));
    },
  };
}

/** `arn:aws:events:eu-west-1:123456789012:event-bus/crm` → `crm`. */
function nameOf(bus: string): string {
  return bus.replace(/^arn:[^/]*:event-bus\//, '');
}

/** @see EventBridge user guide, "Calculating PutEvents event entry size" */
function bytesOf({ Source, DetailType, Detail }: Entry): number {
  return [Source, DetailType, Detail].reduce<number>((sum, text) => sum + Buffer.byteLength(String(text ?? '')), 0);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function parseInput(body: Buffer | 'too-large'): Record<string, unknown> {
  if (body === 'too-large') throw new EventBridgeError('RequestEntityTooLargeException', 'Too large.', 413);
  if (isJsonObject(body.toString())) return JSON.parse(body.toString());
  throw new EventBridgeError('SerializationException', 'The body is not a JSON object.');
}

const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.1' };

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...JSON_HEADERS, 'x-amzn-requestid': randomUUID() }).end(JSON.stringify(body));
}
