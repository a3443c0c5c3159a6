import { SiebelError } from './siebel-error.ts';

const DUPLICATE = 'SBL-EAI-04383';

/** Failures that only data resources have, beside the common ones. */
function failure(text: string, code: string, status = 500): SiebelError {
  return new SiebelError(status, `${text}(${code})`);
}

export const badNumber = (text: string, field: string) =>
  failure(`The value '${text}' can not be converted to a number for field '${field}'.`, 'SBL-DAT-00359');

export const badTime = (text: string, field: string) =>
  failure(`The value '${text}' can not be converted to a time for field '${field}'.`, 'SBL-DAT-00359');

export const duplicateRow = (component: string, status: number) =>
  failure(
    `Insert operation on integration component '${component}' failed because a matching record was found.`,
    DUPLICATE,
    status,
  );

/** A child component that a query names and the record does not have, told as a field would be. */
export const unknownChild = (name: string, component: string) =>
  failure(`Child component '${name}' does not exist in definition for '${component}'.`, 'SBL-DAT-00416');

export const unknownWorkspace = (name: string) =>
  failure(`The definition of the integration object could not be made for workspace '${name}'.`, 'SBL-EAI-50238');

/** In a batch the mistake of one record refuses all, and the request is what was wrong. A duplicate keeps its status. */
export function inBatch(error: unknown): unknown {
  const isOther = error instanceof SiebelError && error.status === 500 && !error.message.includes(DUPLICATE);
  return isOther ? new SiebelError(400, error.message) : error;
}
