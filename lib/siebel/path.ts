import { ConfigurationError, invalidInput } from '../errors.ts';
import type { ComponentAddress } from './component.ts';

/** Row ids hold letters, digits, hyphens and plus: `1-2AB+7` (R52). */
const RECORD_ID = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,29}$/;
/** Names in Siebel's repository: `Order Entry (Sales)`. No slash, backslash, percent or control can be part of one. */
const SEGMENT = /^[A-Za-z0-9](?:[A-Za-z0-9 _.,:#&()'+-]{0,98}[A-Za-z0-9_.#)'])?$/;

/** Whether the text can be the Id of a record. */
export function isRecordId(text: string): boolean {
  return RECORD_ID.test(text);
}

/** Whether the text can name a business object or component: checked where components are declared. */
export function isSegment(text: string): boolean {
  return SEGMENT.test(text);
}

/**
 * Path of a business component or of one of its records, each segment encoded once: `/siebel/v1.0/data/Account/Account/1-2AB%2B7`.
 *
 * @param base Address of Siebel REST; only its path is used, with or without a slash at its end.
 * @throws InvalidInputError `BAD_KEY` for an Id that could not be one, before any URL exists.
 * @throws ConfigurationError for the name of an object or component that could not be one.
 * @see Siebel REST API Guide, "About Siebel CRM REST API URI Formats"
 */
export function dataPath(base: URL, component: ComponentAddress, id?: string): string {
  const { businessObject, businessComponent } = component;
  if (!isSegment(businessObject) || !isSegment(businessComponent)) {
    throw new ConfigurationError('the name of a business object or component contains characters that no name has');
  }
  if (id !== undefined && !isRecordId(id)) {
    throw invalidInput('', 'BAD_KEY', 'the Id is not of the form of a Siebel row id');
  }
  const segments = ['data', businessObject, businessComponent, ...(id === undefined ? [] : [id])];
  return `${base.pathname.replace(/\/+$/, '')}/${segments.map(encodeURIComponent).join('/')}`;
}

/** A query string of these parameters, in their order; blanks become `%20` and every plus `%2B`. */
export function queryString(parameters: readonly (readonly [name: string, value: string])[]): string {
  return parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}
