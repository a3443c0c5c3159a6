import type { Written } from '../../../local-stack/siebel/writer.ts';
import { tally } from '../auditor.ts';
import type { Stored } from './bucket.ts';
import type { Output } from './output.ts';

/** A record as Siebel shows it, by payload name. */
export type Shown = Readonly<Record<string, string>>;

/** All that the auditor looks at: what has happened at Siebel, and what lies in the bucket. */
export interface Evidence {
  /** Records before the first change. */
  readonly before: readonly Shown[];
  /** What the writer did, oldest first. */
  readonly written: readonly Written[];
  /** Records after the last change. */
  readonly standing: readonly Shown[];
  readonly output: Output;
  /** What was stored in the bucket, in the order in which that happened. */
  readonly stored: readonly Stored[];
  readonly safetyLagMs: number;
  readonly lookbackMs: number;
  /** Runs that did not come to their own end: each may have handed over one chunk that the next run hands over again. */
  readonly interruptions: number;
  /** Of the lines at most this share may be repeats outside the lookback (G18). */
  readonly repeatsShare: number;
}

export type Rule =
  | 'MISSED'
  | 'MISSED_BY_LIVE_JOB'
  | 'INVENTED'
  | 'STALE_LAST'
  | 'DELETE_MISSED'
  | 'LIVING_REPORTED_DELETED'
  | 'TOO_MANY_REPEATS'
  | 'MORE_THAN_A_CHUNK'
  | 'OVERWRITTEN'
  | 'NAMED_NOT_THERE'
  | 'WRONG_COUNT'
  | 'QUARANTINED'
  | 'RECORD_OF_WRITER_DIFFERS';

export interface Violation {
  readonly rule: Rule;
  readonly subject: string;
  readonly detail: string;
}

export interface Audit {
  readonly violations: readonly Violation[];
  /** Records that stand, and records that were deleted after they had been handed over. */
  readonly standing: number;
  readonly deleted: number;
  /** Lines of named objects, those of deletions apart. */
  readonly lines: number;
  readonly tombstones: number;
  /** Lines that say the same as one in an object that was stored before; and those of them whose second had passed by more than lag and lookback. */
  readonly repeats: number;
  readonly repeatsOutside: number;
  /** Repeats by the object that holds them. */
  readonly repeatsByObject: Readonly<Record<string, number>>;
  readonly unnamedObjects: number;
}

const FIELDS = ['Name', 'Location', 'Account Status', 'Main Phone Number', 'Type'];

type Note = (rule: Rule, subject: string, detail: string) => void;

/** One line of a named object. */
interface Line {
  readonly id: string;
  readonly isTombstone: boolean;
  /** Id, second and all declared values: what tells one version of a record from another. */
  readonly version: string;
  readonly updatedMs: number;
  readonly object: string;
  readonly window: string;
  readonly storedAtMs: number;
}

/**
 * Compares the bucket with Siebel's history: every version that stands is there, every deletion of a record that was handed
 * over is there, no living record is called deleted, nothing stands there that never was, and little comes twice. What
 * commits within the lookback is the live job's to find, although a sweep would find it too.
 */
export function audit(evidence: Evidence): Audit {
  const { standing, output, safetyLagMs, lookbackMs } = evidence;
  const violations: Violation[] = [];
  const note: Note = (rule, subject, detail) => violations.push({ rule, subject, detail });

  checkBucket(evidence, note);
  const lines = linesOf(evidence);
  const records = lines.filter(({ isTombstone }) => !isTombstone);
  const tombstones = lines.filter(({ isTombstone }) => isTombstone);
  const { versions, gone } = historyOf(evidence, note);

  const handedOver = Map.groupBy(records, ({ id }) => id);
  for (const record of standing) {
    const version = versionOf(record);
    const own = (handedOver.get(record['Id'] ?? '') ?? []).filter((line) => line.version === version);
    if (own.length === 0) note('MISSED', record['Id'] ?? '', `stands as ${version}`);
    else if (own.every(({ window }) => window === 'sweep'))
      note('MISSED_BY_LIVE_JOB', record['Id'] ?? '', 'a sweep alone has found what was committed within the lookback');
    else checkLast(record, handedOver.get(record['Id'] ?? '') ?? [], note);
  }
  for (const { id, version, object } of records)
    if (!versions.has(version)) note('INVENTED', id, `${object} holds ${version}`);

  const alive = new Set(standing.map((record) => record['Id']));
  for (const { id, object } of tombstones) if (alive.has(id)) note('LIVING_REPORTED_DELETED', id, object);
  const told = new Set(tombstones.map(({ id }) => id));
  const deleted = [...gone].filter((id) => handedOver.has(id));
  for (const id of deleted)
    if (!told.has(id)) note('DELETE_MISSED', id, 'was handed over, is deleted, has no tombstone');

  const repeats = repeatsIn(records);
  const outside = repeats.filter(({ storedAtMs, updatedMs }) => storedAtMs - updatedMs > safetyLagMs + lookbackMs);
  checkRepeats(evidence, { records, repeats, outside }, note);
  return {
    violations,
    standing: standing.length,
    deleted: deleted.length,
    lines: records.length,
    tombstones: tombstones.length,
    repeats: repeats.length,
    repeatsOutside: outside.length,
    repeatsByObject: tally(repeats.map(({ object }) => object)),
    unnamedObjects: output.unnamed.length,
  };
}

/** Every line of every named object, in the order in which objects were stored. */
function linesOf({ output: { manifests, named }, stored }: Evidence): Line[] {
  const windows = new Map(manifests.flatMap(({ window, objects }) => objects.map(({ name }) => [name, window])));
  const order = new Map(stored.map(({ key, atMs }, at) => [key, { at, atMs }]));
  const place = (name: string) => order.get(name) ?? { at: 0, atMs: 0 };
  return [...named.values()]
    .toSorted((one, other) => place(one.name).at - place(other.name).at)
    .flatMap(({ name, lines }) =>
      lines.map((text): Line => {
        const record = JSON.parse(text) as Shown & { readonly deleted?: unknown };
        return {
          id: String(record['Id']),
          isTombstone: record.deleted === true,
          version: versionOf(record),
          updatedMs: instantOf(record['Updated']),
          object: name,
          window: windows.get(name) ?? '',
          storedAtMs: place(name).atMs,
        };
      }),
    );
}

/** Every version that ever stood, and the records that are gone. */
function historyOf({ before, written, standing }: Evidence, note: Note) {
  const now = new Map(before.map((record): [string, Shown] => [record['Id'] ?? '', record]));
  const versions = new Set(before.map(versionOf));
  const gone = new Set<string>();
  for (const { kind, id, values, updatedMs } of written) {
    if (kind === 'delete') {
      now.delete(id);
      gone.add(id);
      continue;
    }
    const changed = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? '']));
    const defaults: Shown = kind === 'insert' ? { Id: id, 'Account Status': 'Active' } : {};
    const record = { ...now.get(id), ...defaults, ...changed, Updated: new Date(updatedMs ?? 0).toISOString() };
    now.set(id, record);
    versions.add(versionOf(record));
  }
  const shown = new Set(standing.map(versionOf));
  for (const [id, record] of now)
    if (!shown.has(versionOf(record))) note('RECORD_OF_WRITER_DIFFERS', id, versionOf(record));
  return { versions, gone };
}

/** Of the lines of the newest second, the last one of the live job is what stands: by fence, then by number, then by line. */
function checkLast(record: Shown, lines: readonly Line[], note: Note): void {
  const live = lines.filter(({ window }) => window === 'live');
  const newestMs = Math.max(...live.map(({ updatedMs }) => updatedMs));
  const newest = live.filter(({ updatedMs }) => updatedMs === newestMs);
  const last = newest
    .toSorted((one, other) => (one.object < other.object ? -1 : one.object > other.object ? 1 : 0))
    .at(-1);
  if (last && last.version !== versionOf(record))
    note('STALE_LAST', record['Id'] ?? '', `stands as ${versionOf(record)}, last handed over as ${last.version}`);
}

/** Lines that say the same as an earlier one. */
function repeatsIn(records: readonly Line[]): Line[] {
  const seen = new Set<string>();
  return records.filter(({ version }) => {
    if (seen.has(version)) return true;
    seen.add(version);
    return false;
  });
}

/** A run that dies repeats one chunk at most (R68), and all together are few. */
function checkRepeats(
  { interruptions, repeatsShare }: Evidence,
  {
    records,
    repeats,
    outside,
  }: { readonly records: readonly Line[]; readonly repeats: readonly Line[]; readonly outside: readonly Line[] },
  note: Note,
): void {
  if (outside.length > records.length * repeatsShare)
    note('TOO_MANY_REPEATS', '', `${outside.length} of ${records.length} lines, outside the lookback`);
  const chunks = new Set(repeats.filter(({ window }) => window === 'live').map(({ object }) => object));
  if (chunks.size > interruptions)
    note(
      'MORE_THAN_A_CHUNK',
      '',
      `${chunks.size} objects hold repeats, after ${interruptions} runs that were cut short`,
    );
}

function checkBucket({ output: { manifests, named }, stored }: Evidence, note: Note): void {
  // What a sweep keeps for itself may be stored again by a second attempt; consumers do not read it.
  const times = new Map<string, number>();
  for (const { key } of stored) times.set(key, (times.get(key) ?? 0) + 1);
  for (const [key, count] of times)
    if (count > 1 && key.endsWith('.ndjson.gz')) note('OVERWRITTEN', key, `stored ${count} times`);

  for (const { name, objects, records, quarantine } of manifests) {
    for (const entry of objects) {
      const object = named.get(entry.name);
      if (!object) note('NAMED_NOT_THERE', entry.name, `named by ${name}`);
      else if (object.lines.length !== entry.records)
        note('WRONG_COUNT', entry.name, `${object.lines.length} lines, ${entry.records} named`);
    }
    const sum = objects.reduce((total, entry) => total + entry.records, 0);
    if (sum !== records) note('WRONG_COUNT', name, `says ${records}, its objects hold ${sum}`);
    for (const entry of quarantine) note('QUARANTINED', entry.name, `${entry.records} records`);
  }
}

function versionOf(record: Shown): string {
  const second = Math.floor(instantOf(record['Updated']) / 1_000);
  return [record['Id'], second, ...FIELDS.map((name) => record[name] ?? '')].join('|');
}

/** `03/14/2025 09:26:53` of Siebel, or ISO 8601; both in UTC. */
function instantOf(text = ''): number {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text) ?? [];
  return Date.parse(month === undefined ? text : `${year}-${month}-${day}T${time}Z`);
}
