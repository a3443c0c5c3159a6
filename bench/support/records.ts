/** Records of a component that was changed evenly over half a year, so that each can be worked out from its number. */
export interface Records {
  readonly count: number;
  /** Second of the newest. */
  readonly newestAtMs: number;
}

/** So many records share each second that has any. */
const PER_SECOND = 4;
const SPREAD_SECONDS = 180 * 24 * 3_600;
const ID_DIGITS = 6;

/** Ids sort like the numbers of their records. */
export function idOf(number: number): string {
  return `1-${number.toString(36).toUpperCase().padStart(ID_DIGITS, '0')}`;
}

export function numberOf(id: string): number {
  return Number.parseInt(id.slice(2), 36);
}

export function atMsOf(number: number, records: Records): number {
  const { oldestAtMs, stepMs } = gridOf(records);
  return oldestAtMs + Math.floor(number / PER_SECOND) * stepMs;
}

/** The first record of this instant or later; as many as there are when there is none. */
export function firstFrom(atMs: number, records: Records): number {
  const { oldestAtMs, stepMs } = gridOf(records);
  const second = Math.max(0, Math.ceil((atMs - oldestAtMs) / stepMs));
  return Math.min(records.count, second * PER_SECOND);
}

/** `03/14/2025 09:26:53`, as Siebel writes an instant. */
export function wireOf(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}

export function instantOf(wire: string): number {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) ([\d:]{8})$/.exec(wire) ?? [];
  return Date.parse(`${year}-${month}-${day}T${time}Z`);
}

function gridOf({ count, newestAtMs }: Records) {
  const seconds = Math.ceil(count / PER_SECOND);
  const stepMs = Math.max(1, Math.floor(SPREAD_SECONDS / seconds)) * 1_000;
  return { stepMs, oldestAtMs: newestAtMs - (seconds - 1) * stepMs };
}

/** Names of the fields that a record has beside Id and Updated. */
export const FIELDS = Array.from({ length: 30 }, (_, number) => `Field ${number}`);

// Some 1.4 KB, so that a page of 100 is 140 KB: about what an account with thirty fields takes.
const VALUES = Object.fromEntries(FIELDS.map((name) => [name, 'Harbour Supplies, Aberdeen '.padEnd(34, 'x')]));
const [BEFORE_ID, BEFORE_TIME, END] = JSON.stringify({ Id: '*', Updated: '*', ...VALUES, Link: [] }).split('*');

/** A record as JSON. */
export function recordText(id: string, atMs: number): string {
  return `${BEFORE_ID}${id}${BEFORE_TIME}${wireOf(atMs)}${END}`;
}
