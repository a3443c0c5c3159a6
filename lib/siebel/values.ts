/** The types of fields: how values look in our inputs and outputs, and on Siebel's wire. */
export { attachment } from './values/attachment.ts';
export { date, instantFromWire, instantToWire, isInstant, time, utcDateTime } from './values/calendar.ts';
export {
  coded,
  type DeclaredFields,
  type Decoded,
  type Field,
  type FieldKind,
  type JsonKind,
  optional,
  readOnly,
  searchedAs,
  type ValueOf,
  writeSchema,
  writtenValue,
} from './values/field.ts';
export { decimal, integer } from './values/numbers.ts';
export { flag, oneOf, text } from './values/text.ts';
export { dateTime, type Fold } from './values/zone.ts';
