import type { Component, Field, FieldType } from '../components.ts';
import { fieldsOf } from '../query-options.ts';
import type { SiebelSettings } from '../settings.ts';
import type { Property, Schema } from './description.ts';

const DATA_TYPES: Readonly<Record<FieldType, string>> = {
  text: 'DTYPE_TEXT',
  phone: 'DTYPE_PHONE',
  id: 'DTYPE_ID',
  flag: 'DTYPE_BOOL',
  integer: 'DTYPE_INTEGER',
  decimal: 'DTYPE_NUMBER',
  date: 'DTYPE_DATE',
  time: 'DTYPE_TIME',
  utcDateTime: 'DTYPE_UTCDATETIME',
  dateTime: 'DTYPE_DATETIME',
  attachment: 'DTYPE_ATTACHMENT',
};

/** Types whose length documents give; the others have 0. */
const WITH_LENGTH: readonly string[] = ['DTYPE_TEXT', 'DTYPE_PHONE', 'DTYPE_ID', 'DTYPE_BOOL'];

/** The members of a record in a request. System fields are among the required ones, though nobody may send them. */
export function recordSchema(
  component: Component,
  { inGroup, describeNames }: { inGroup: boolean } & Pick<SiebelSettings, 'describeNames'>,
): Schema {
  const nameOf = ({ name, wireName }: Field) => (describeNames === 'swapped' ? name : wireName);
  const fields = fieldsOf(component, { inGroup }).filter(({ name }) => name !== 'Id');
  const required = fields.filter((field) => field.required || SYSTEM_FIELDS.includes(field.name));
  return {
    required: required.map(nameOf),
    properties: Object.fromEntries(fields.map((field) => [nameOf(field), propertyOf(field, nameOf(field))])),
  };
}

const SYSTEM_FIELDS: readonly string[] = ['Created', 'Created By Name', 'Updated', 'Updated By Name'];

function propertyOf(field: Field, title: string): Property {
  const type = dataType(field);
  const isMeasured = type === 'DTYPE_TEXT' || type === 'DTYPE_NUMBER';
  return {
    title,
    type: 'string',
    ...(isMeasured && { 'x-siebel-precision': type === 'DTYPE_NUMBER' ? String(field.maxLength) : '0' }),
    ...(field.readOnly && { 'x-siebel-readOnly': 'true' }),
    'x-maxLength': WITH_LENGTH.includes(type) ? String(field.maxLength) : '0',
    ...(isMeasured && { 'x-siebel-scale': String(field.scale ?? 0) }),
    'x-siebel-datatype': type,
  };
}

/** A flag of two words is a text with a pick list. */
function dataType({ type, maxLength }: Field): string {
  return type === 'flag' && maxLength > 1 ? DATA_TYPES.text : DATA_TYPES[type];
}
