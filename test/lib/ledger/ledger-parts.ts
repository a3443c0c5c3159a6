import type { Clock } from '../../../lib/clock.ts';
import { invalidInput, NoResponseError, SiebelResponseError, UnknownOutcomeError } from '../../../lib/errors.ts';
import type { CallItem, CallStore, Rejection } from '../../../lib/ledger/call-item.ts';
import type { CallMessage, CallName, KeyedCall, LookUpResult, Refusal, WriteKind } from '../../../lib/ledger/ledger.ts';

/** Siebel's own limit of a transaction is 600 s. */
export const SETTLE_MS = 720_000;
export const LEASE_MARGIN_MS = 15_000;
/** Time of one call. */
export const CALL_MS = 20_000;

/** A store in memory: nothing of the state table's code is in it. */
export interface MemoryStore extends CallStore {
  readonly items: Map<string, CallItem>;
  /** By operation and key, or by message id. */
  readonly rejections: Map<string, Rejection>;
  readonly writes: number;
  itemAt(key?: string): CallItem | undefined;
}

export function memoryStore(): MemoryStore {
  const items = new Map<string, CallItem>();
  const rejections = new Map<string, Rejection>();
  let writes = 0;
  /** The key, unless a call of another operation has it. */
  const slotOf = ({ operation, key }: CallName) =>
    [undefined, operation].includes(items.get(key)?.operation) ? key : `${operation} ${key}`;
  return {
    items,
    rejections,
    get writes() {
      return writes;
    },
    itemAt: (key = 'k') => items.get(key),
    async read(name) {
      return items.get(slotOf(name));
    },
    async put(item, before, rejection) {
      const slot = slotOf(item);
      const found = items.get(slot);
      if (found?.nonce !== before?.nonce) return { found };
      writes += 1;
      const parked = rejection && {
        code: rejection.code,
        rejectedAtMs: rejection.rejectedAtMs,
        messageId: rejection.message.messageId,
      };
      const stored = { ...item, ...parked, nonce: `nonce-${writes}` };
      items.set(slot, stored);
      if (rejection) rejections.set(slot, rejection);
      return { stored };
    },
    async park(_, rejection) {
      const { messageId } = rejection.message;
      const isNew = !rejections.has(messageId);
      rejections.set(messageId, rejection);
      return isNew;
    },
  };
}

/** What Siebel does with a request. */
export type Conduct =
  /** Does it, and says so. */
  | 'answers'
  /** Does it, and the answer is lost. */
  | 'loses the answer'
  /** Does it when its caller has long gone. */
  | 'commits late'
  /** Never gets it, as its sender can prove. */
  | 'is not reached'
  /** Loses it, which its sender cannot know. */
  | 'loses the request'
  /** Says that it is not valid. */
  | 'refuses';

interface Row {
  readonly id: string;
  readonly naturalKey: string;
  readonly marker: string;
}

/** A Siebel that holds rows and executions, written down by itself. */
export interface ModelSiebel {
  conduct: Conduct;
  /** How late is late. */
  lateMs: number;
  /** Whether the look-up sees no row, as a view of other people's records would. */
  blind: boolean;
  readonly rows: readonly Row[];
  /** Everything that was executed, by marker. */
  readonly executed: readonly string[];
  /** Requests that left the caller. */
  readonly requests: number;
  readonly lookUps: number;
  add(row: Row): void;
  /** One write of a call; `away` is awaited when its bytes are out and when its answer is in. */
  write(request: SiebelWrite, away?: (what: string) => Promise<void>): Promise<{ recordId?: string }>;
  lookUp(request: SiebelWrite): Promise<LookUpResult>;
}

interface SiebelWrite {
  readonly kind: WriteKind['kind'];
  readonly naturalKey: string;
  readonly marker: string;
}

export function modelSiebel(clock: Clock, { unique = false }: { unique?: boolean } = {}): ModelSiebel {
  const rows: Row[] = [];
  const executed: string[] = [];
  let late: { readonly dueAtMs: number; readonly request: SiebelWrite }[] = [];
  let requests = 0;
  let lookUps = 0;

  const execute = ({ kind, naturalKey, marker }: SiebelWrite): Row | undefined => {
    if (kind === 'insert' && unique && rows.some((row) => row.naturalKey === naturalKey)) return undefined;
    executed.push(marker);
    const row = { id: `1-${executed.length}`, naturalKey, marker };
    if (kind === 'insert') rows.push(row);
    return row;
  };
  const catchUp = () => {
    const due = late.filter(({ dueAtMs }) => dueAtMs <= clock.elapsed());
    late = late.filter(({ dueAtMs }) => dueAtMs > clock.elapsed());
    for (const { request } of due) execute(request);
  };

  const siebel: ModelSiebel = {
    conduct: 'answers',
    lateMs: 500_000,
    blind: false,
    get rows() {
      catchUp();
      return rows;
    },
    get executed() {
      catchUp();
      return executed;
    },
    get requests() {
      return requests;
    },
    get lookUps() {
      return lookUps;
    },
    add: (row) => void rows.push(row),

    async write(request, away = async () => undefined) {
      const { conduct, lateMs } = siebel;
      catchUp();
      if (conduct === 'is not reached') throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
      requests += 1;
      if (conduct === 'commits late') late.push({ dueAtMs: clock.elapsed() + lateMs, request });
      // Siebel goes on, whatever becomes of its caller.
      const executing = Promise.resolve().then(() =>
        conduct === 'answers' || conduct === 'loses the answer' ? execute(request) : undefined,
      );
      await away('bytes out');
      const row = await executing;
      await away('executed');
      if (conduct === 'refuses') throw refusal('SIEBEL_VALIDATION', 'SBL-DAT-00225');
      if (conduct === 'commits late' || conduct === 'loses the request') throw timedOut(request.kind);
      if (!row) throw refusal('SIEBEL_CONFLICT', 'SBL-EAI-04381');
      if (conduct === 'loses the answer') throw timedOut(request.kind);
      return { recordId: row.id };
    },
    async lookUp({ naturalKey, marker }) {
      catchUp();
      lookUps += 1;
      const visible = siebel.blind ? [] : rows;
      const own = visible.find((row) => row.marker === marker);
      if (own) return { found: 'ours', id: own.id };
      return { found: visible.some((row) => row.naturalKey === naturalKey) ? 'others' : 'absent' };
    },
  };
  return siebel;
}

function refusal(code: 'SIEBEL_VALIDATION' | 'SIEBEL_CONFLICT', siebelCode: string): SiebelResponseError {
  return new SiebelResponseError(code, `Siebel says ${siebelCode}`, {
    failureClass: 'message',
    status: 500,
    siebelCodes: [siebelCode],
  });
}

/** As the Siebel client has it: of what may be repeated the failure itself, of anything else that nobody knows. */
export function timedOut(kind: WriteKind['kind']): Error {
  const cause = new NoResponseError('TIMED_OUT', 'no answer', { sent: true });
  return kind === 'repeatable' ? cause : new UnknownOutcomeError('nobody knows', { cause });
}

/** A call to the model; `members` replaces any part of it. */
export function callTo(
  siebel: ModelSiebel,
  clock: Clock,
  { kind = 'insert', key = 'k', ...members }: { kind?: WriteKind['kind']; key?: string } & Partial<KeyedCall> = {},
): KeyedCall {
  const request = { kind, naturalKey: `natural ${key}`, marker: `marker ${key}` };
  return {
    name: { operation: 'account.write', key },
    payloadHash: 'hash-1',
    write: kind === 'insert' ? { kind, lookUp: () => siebel.lookUp(request), settleMs: SETTLE_MS } : { kind },
    message: messageOf(),
    deadlineAtMs: clock.now() + CALL_MS,
    send: async (beforeWrite) => {
      await beforeWrite();
      return siebel.write(request);
    },
    ...members,
  };
}

export function messageOf(members: Partial<CallMessage> = {}): CallMessage {
  return {
    messageId: 'message-1',
    body: '{"operation":"account.write"}',
    attributes: { traceparent: '00-1' },
    receiveCount: 1,
    firstSeenAtMs: 1_699_999_990_000,
    ...members,
  };
}

export function refusalOf(members: Partial<Refusal> = {}): Refusal {
  return {
    operation: 'account.write',
    key: 'k',
    payloadHash: 'hash-1',
    message: messageOf(),
    error: invalidInput('/input/Name', 'MISSING_FIELD', 'is missing'),
    ...members,
  };
}

/** An item as the store would give it. */
export function itemOf(members: Partial<CallItem> = {}): CallItem {
  return {
    operation: 'account.write',
    key: 'k',
    state: 'STARTED',
    payloadHash: 'hash-1',
    nonce: 'nonce-0',
    attempt: 1,
    leaseUntilMs: 0,
    sentUntilMs: 0,
    firstStartedAtMs: 0,
    unknown: false,
    existsSaid: false,
    deaths: 0,
    bugs: 0,
    ...members,
  };
}
