/** A failure as Siebel tells it: a status, and a text that ends in a code or in none. */
export class SiebelError extends Error {
  override readonly name = 'SiebelError';
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Most mistakes of a caller are 500, and only the code tells them apart. */
function failure(text: string, code: string, status = 500): SiebelError {
  return new SiebelError(status, `${text}(${code})`);
}

/** Blocks parted by `--`; the last one is the root cause. */
function nested(outer: string, inner: string): SiebelError {
  return new SiebelError(500, `${outer}\n--\n${inner}`);
}

export const unknownSearchField = (field: string, component: string) =>
  failure(`Field '${field}' does not exist in definition for business component '${component}'.`, 'SBL-DAT-00416');

export const badLiteral = (text: string, field: string) =>
  failure(`The value '${text}' can not be converted to a date for field '${field}'.`, 'SBL-DAT-00359');

export const badSearch = (why: string, position: number) =>
  failure(`Invalid search specification: ${why} at position ${position}.`, 'SBL-DAT-00501');

export const tooManyRows = () =>
  new SiebelError(
    500,
    'Method NextRecord returned the following error:(SBL-EAI-04451)\n--\nThere were more rows than could be returned. Please refine your query to bring back fewer rows.(SBL-DAT-00500)',
  );

export const unknownPayloadField = (field: string, component: string) =>
  failure(`Field '${field}' is not in integration component '${component}'.`, 'SBL-EAI-50258');

export const unknownComponent = (name: string, businessObject: string) =>
  failure(
    `Integration component '${name}' is not in the base integration object of '${businessObject}'.`,
    'SBL-EAI-50257',
  );

export const notEnabled = (businessObject: string) =>
  failure(`Business object '${businessObject}' is not enabled for REST.`, 'SBL-EAI-50297');

export const noUserKey = (component: string) =>
  failure(`No user key can be used for the integration component instance '${component}'.`, 'SBL-EAI-04397');

export const severalMatches = (component: string) =>
  failure(`Multiple matches found for the user key of integration component '${component}'.`, 'SBL-EAI-04390');

export const requiredMissing = (field: string, component: string) =>
  nested(
    `Required field is missing in instance of integration component '${component}'.(SBL-EAI-04389)`,
    `'${field}' is a required field. Please enter a value for the field.(SBL-DAT-00498)`,
  );

export const notInPickList = (value: string, field: string) =>
  nested(
    `Field '${field}' was given the value '${value}', which is not in its bounded pick list.(SBL-EAI-04401)`,
    `The value entered in field '${field}' does not match any value in the bounded pick list.(SBL-DAT-00225)`,
  );

export const tooLong = (field: string, maxLength: number) =>
  failure(`The value is too long for field '${field}' (maximum size ${maxLength}).`, 'SBL-DAT-00521');

export const readOnly = (field: string) =>
  failure(`This operation is not available for a read-only field '${field}'.`, 'SBL-DAT-00510');

export const noSuchRow = (component: string, status = 500) =>
  failure(`No rows retrieved for integration component '${component}'.`, 'SBL-EAI-04378', status);

/** Texts without a code: nobody has written one down. */
export const plain = (status: number, text: string) => new SiebelError(status, text);

/** A service, process or other object of the repository that does not exist. */
export const unknownObject = (kind: string, name: string) =>
  failure(`Could not find '${kind}' named '${name}'. This object is inactive or nonexistent.`, 'SBL-DAT-00144');

/** The user may use no view of this kind. */
export const viewDenied = (mode: string) =>
  failure(`Access denied: you have no view with the visibility '${mode}'.`, 'SBL-DAT-00553', 403);

/** The user has no responsibility that opens the service (`BUS_SVC`) or process (`BUS_PROC`). */
export const accessDenied = (name: string, kind: 'BUS_SVC' | 'BUS_PROC') =>
  failure(`Access to Resource '${name}' of type ${kind} is denied`, 'SBL-DAT-00825', 403);

/** A step of a process or a method of a service failed, and inside it another one: the last block is the cause. */
export const stepFailed = (method: string, name: string, cause: { text: string; code: string }) =>
  nested(`Method '${method}' failed in '${name}'.(SBL-BPR-00162)`, `${cause.text}(${cause.code})(SBL-EAI-04376)`);

/** An error in the step of a process, told as the last block. */
export const inStep = (process: string, inner: SiebelError) =>
  nested(`A step of the process '${process}' failed.(SBL-BPR-00162)`, inner.message);
