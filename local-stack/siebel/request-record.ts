import { type Component, type Field, fieldOnWire, findChild, IS_PRIMARY } from './components.ts';
import { notInPickList, plain, readOnly, tooLong, unknownPayloadField } from './siebel-error.ts';
import type { Row } from './store.ts';
import { type Locale, toStored } from './values.ts';

/** A record in a request: members by payload name. */
export type Payload = Readonly<Record<string, unknown>>;

/** A record of a request, checked and turned into what the store keeps. */
export interface RequestRecord {
  readonly id: string | undefined;
  readonly values: Row;
  /** Whether a row of a multi-value group is asked to be the primary one. */
  readonly isPrimary: boolean | undefined;
  /** Child records by the name of their component. */
  readonly children: Readonly<Record<string, readonly Payload[]>>;
}

/** Checks every member. Links that a read gave are left out. */
export function readRecord(component: Component, payload: Payload, locale: Locale): RequestRecord {
  const values: Record<string, string | null> = {};
  const children: Record<string, readonly Payload[]> = {};
  let id: string | undefined;
  let isPrimary: boolean | undefined;
  for (const [name, value] of Object.entries(payload)) {
    if (name === 'Link') continue;
    if (typeof value === 'object' && value !== null && findChild(component, name)) {
      children[name] = (Array.isArray(value) ? value : [value]).map(payloadIn);
      continue;
    }
    if (name === IS_PRIMARY.wireName) {
      isPrimary = storedText(IS_PRIMARY, textOf(value, IS_PRIMARY), locale) === 'Y';
      continue;
    }
    const field = fieldOnWire(component, name);
    if (!field) throw unknownPayloadField(name, component.name);
    const text = textOf(value, field);
    if (field.name === 'Id') {
      // One site sends this word where others leave the member out.
      if (text !== 'NULL' && text !== '') id = text;
      continue;
    }
    if (field.readOnly) throw readOnly(field.name);
    values[field.name] = storedText(field, text, locale);
  }
  return { id, values, isPrimary, children };
}

/** A record is a JSON object. */
export function payloadIn(record: unknown): Payload {
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw plain(500, 'A record is a JSON object.');
  return record as Payload;
}

/** Numbers and booleans are taken, and kept as text. */
function textOf(value: unknown, { wireName, type, pickList }: Field): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean')
    return (type === 'flag' ? pickList?.[value ? 0 : 1] : undefined) ?? (value ? 'Y' : 'N');
  if (value === null) return '';
  throw plain(500, `Invalid value for ${wireName}: text is expected`);
}

function storedText(field: Field, text: string, locale: Locale): string | null {
  if (text === '') return null;
  if (text.length > field.maxLength) throw tooLong(field.name, field.maxLength);
  const stored = toStored(field, text, locale);
  if (field.pickList && !field.pickList.includes(stored)) throw notInPickList(text, field.name);
  return stored;
}
