import type { Field } from './components.ts';
import { badNumber, badTime } from './data-failures.ts';
import { fromWallClock, isoToUs, isTime, toWallClock, usDate, usToIso } from './dates.ts';
import { badLiteral } from './siebel-error.ts';

/** What decides how a value is shown and read, beside its field. */
export interface Locale {
  /** Zone of `dateTime` fields: the integration user's. Default UTC. */
  readonly timeZone?: string | undefined;
  /** Language of display values. Default `enu`. */
  readonly language?: string | undefined;
}

const INTEGER = /^-?\d{1,10}$/;
const DECIMAL = /^(-?)(\d{1,22})(?:\.(\d{1,22}))?$/;

/**
 * Turns a text of the wire or a literal of a search into what the store keeps: days, times and instants in ISO 8601,
 * numbers in their shortest form.
 *
 * @throws SiebelError with SBL-DAT-00359 when the text is none of the field's type.
 */
export function toStored(field: Field, text: string, { timeZone = 'UTC', language = 'enu' }: Locale = {}): string {
  switch (field.type) {
    case 'integer':
    case 'decimal':
      return numberOf(field, text);
    case 'utcDateTime':
      return instantOf(field, text);
    case 'dateTime':
      return fromWallClock(instantOf(field, text), timeZone);
    case 'date':
      return instantOf(field, text).slice(0, 10);
    case 'time':
      if (!isTime(text)) throw badTime(text, field.name);
      return text;
    default:
      return inEnglish(field, text, language);
  }
}

/** The reverse: the text that a client sees. */
export function toShown(field: Field, stored: string, { timeZone = 'UTC', language = 'enu' }: Locale = {}): string {
  switch (field.type) {
    case 'utcDateTime':
      return isoToUs(stored);
    case 'dateTime':
      return isoToUs(toWallClock(stored, timeZone));
    case 'date':
      return usDate(stored);
    default:
      return field.display?.[language]?.[stored] ?? stored;
  }
}

export function isNumeric({ type }: Field): boolean {
  return type === 'integer' || type === 'decimal';
}

export function isTemporal({ type }: Field): boolean {
  return type === 'utcDateTime' || type === 'dateTime' || type === 'date';
}

/** A number as a database gives it: no zeros that say nothing, no more digits behind the point than the field has. */
function numberOf({ name, type, scale = 0 }: Field, text: string): string {
  const parts = DECIMAL.exec(text);
  if (!parts || (type === 'integer' && !INTEGER.test(text))) throw badNumber(text, name);
  const [, sign = '', whole = '', fraction = ''] = parts;
  const digits = fraction.padEnd(scale + 1, '0');
  const rounded = BigInt(whole + digits.slice(0, scale)) + (Number(digits[scale]) >= 5 ? 1n : 0n);
  if (rounded === 0n) return '0';
  const all = String(rounded).padStart(scale + 1, '0');
  const behind = all.slice(all.length - scale).replace(/0+$/, '');
  return scale === 0 || behind === ''
    ? `${sign}${all.slice(0, all.length - scale)}`
    : `${sign}${all.slice(0, all.length - scale)}.${behind}`;
}

function instantOf({ name }: Field, text: string): string {
  const iso = usToIso(text);
  if (iso === undefined) throw badLiteral(text, name);
  return iso;
}

function inEnglish({ display }: Field, text: string, language: string): string {
  const found = Object.entries(display?.[language] ?? {}).find(([, shown]) => shown === text);
  return found?.[0] ?? text;
}
