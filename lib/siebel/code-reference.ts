import type { SiebelCode, SiebelCodeKind } from './codes.ts';

/** How sure it is that the code means this over REST, by the marks of docs/siebel.md. */
export type Certainty =
  /** Documented in one of Oracle's guides. */
  | 'D'
  /** Observed on a live system, or in public client code of REST. */
  | 'O'
  /** Assumed: known from Siebel's other interfaces or from CRM On Demand, which is built on it. */
  | 'A';

/** What people need to know of a code; no function carries it. */
export interface CodeReference {
  /** What Siebel says with it, in our words. */
  readonly meaning: string;
  readonly certainty: Certainty;
  /** What an operator does about it, when that is more than the kind's own remedy. */
  readonly remedy?: string;
}

/** By kind: what an operator does when the code itself has nothing better. */
export const REMEDIES: Readonly<Record<SiebelCodeKind, string>> = {
  'no-data': 'nothing, if there may be none; else check the Id, the search and the view mode',
  conflict: 'look for the record with this key; is the declared user key unique at Siebel?',
  invalid: 'correct the input',
  forbidden: "give the integration user's responsibility the right, or do not ask for it",
  business: 'ask whoever owns this rule of the installation',
  'field-unknown': 'correct the field in `siebel.config.ts`, or add it to the base integration object at Siebel',
  'not-enabled': 'check the names in `siebel.config.ts`, and that the object is enabled for REST',
  passing: "nothing; if it stays: Siebel's own log",
  wrapper: 'look at the code beside it; alone it says nothing',
};

/** Every code of `SIEBEL_CODES`. */
export const CODE_REFERENCE: Readonly<Record<SiebelCode, CodeReference>> = {
  'SBL-EAI-04378': {
    meaning: 'no row of the component fits; of a batch delete: one of its Ids is gone',
    certainty: 'D',
  },
  'SBL-CMI-00122': { meaning: 'a workflow of a customer found no record for the request', certainty: 'O' },

  'SBL-EAI-04383': {
    meaning: 'an insert was refused, as a record that matches exists already',
    certainty: 'D',
    remedy: 'after a write whose answer was lost, the record may be that very write: look before anything else',
  },
  'SBL-EAI-04381': { meaning: 'the database has a record with the same user key', certainty: 'A' },
  'SBL-DAT-00381': { meaning: 'a record with the same values in its unique fields exists', certainty: 'A' },
  'SBL-DAT-00382': { meaning: 'a record with the same values in its unique fields exists', certainty: 'A' },

  'SBL-EAI-04389': {
    meaning: 'a required field has no value; Siebel puts the code that names the reason inside it',
    certainty: 'O',
  },
  'SBL-EAI-04390': {
    meaning: 'several records match the user key, so that none can be updated',
    certainty: 'D',
    remedy: 'merge the duplicates at Siebel, or write by Id',
  },
  'SBL-EAI-04397': {
    meaning: 'the data has no user key that is complete',
    certainty: 'D',
    remedy:
      'send every field of one user key, empty ones too; compare `userKey` in `siebel.config.ts` with the integration object',
  },
  'SBL-EAI-04401': { meaning: 'a value is not in the pick list of its field', certainty: 'A' },
  'SBL-EAI-04403': {
    meaning: 'a record cannot be read or written: something is missing, or access or record type do not fit',
    certainty: 'A',
    remedy: "check the input first, then the integration user's access to records of this type",
  },
  'SBL-DAT-00225': { meaning: 'a value is not in the bounded pick list of its field', certainty: 'A' },
  'SBL-DAT-00359': {
    meaning: 'a text cannot be read as the date or number that a field or search wants',
    certainty: 'O',
  },
  'SBL-DAT-00498': { meaning: 'a required field has no value', certainty: 'O' },
  'SBL-DAT-00500': {
    meaning: 'the query selects more rows than can be returned, about 9,900',
    certainty: 'A',
    remedy: 'narrow the search',
  },
  'SBL-DAT-00501': {
    meaning: 'the search specification cannot be understood',
    certainty: 'A',
    remedy: 'compare the declared types of the searched fields with those at Siebel',
  },
  'SBL-DAT-00521': { meaning: 'a value breaks a rule of its field, such as its length', certainty: 'A' },

  'SBL-DAT-00278': { meaning: 'access to the record is refused', certainty: 'A' },
  'SBL-DAT-00279': { meaning: 'access to the record is refused', certainty: 'A' },
  'SBL-DAT-00284': { meaning: 'access to the record is refused', certainty: 'A' },
  'SBL-DAT-00510': {
    meaning: 'a field that was written is read-only, or the record cannot be modified',
    certainty: 'A',
    remedy: 'declare the field read-only, or have the record opened at Siebel',
  },
  'SBL-DAT-00542': { meaning: 'the record cannot be modified by this user', certainty: 'A' },
  'SBL-DAT-00553': { meaning: 'the record cannot be modified by this user', certainty: 'A' },
  'SBL-DAT-00825': {
    meaning: 'no responsibility of the user opens this service or process',
    certainty: 'O',
    remedy: "add the service with its method, or the process, to the integration user's responsibility",
  },
  'SBL-EAI-04421': { meaning: 'the record may not be deleted', certainty: 'A' },

  'SBL-EXL-00151': { meaning: 'raised by a script of this installation', certainty: 'O' },
  'SBL-APS-00802': { meaning: 'a validation rule of an application said no', certainty: 'A' },
  'SBL-IAI-00519': { meaning: 'an application said no', certainty: 'A' },

  'SBL-EAI-50258': {
    meaning: 'a field in `fields` or in the body is not in the integration component',
    certainty: 'O',
  },
  'SBL-DAT-00398': { meaning: 'a field does not exist in the business component', certainty: 'A' },
  'SBL-DAT-00416': {
    meaning: 'a field of the search or sort is not in the business component',
    certainty: 'O',
    remedy:
      'searches use the names of the business component, which can differ from those in answers: `searchedAs` in `siebel.config.ts`',
  },

  'SBL-EAI-50238': {
    meaning: 'the object cannot be described: it is configured wrongly, or not in this workspace',
    certainty: 'O',
    remedy: 'have its integration object checked; check the workspace, when one is set',
  },
  'SBL-EAI-50257': { meaning: 'the component is not in the base integration object', certainty: 'O' },
  'SBL-EAI-50297': {
    meaning: 'the object is not enabled for REST',
    certainty: 'O',
    remedy: 'enable it at Siebel by its base integration object',
  },
  'SBL-DAT-00144': { meaning: 'no object, service or process of this name is active', certainty: 'A' },
  'SBL-DAT-00222': { meaning: 'no business component of this name is in the object', certainty: 'A' },

  'SBL-DAT-00523': {
    meaning: 'somebody else has changed the record since it was read',
    certainty: 'A',
    remedy: 'nothing: the call is sent again; it sets its values whatever they were before',
  },
  'SBL-EAI-05001': { meaning: 'the connection to the database is lost', certainty: 'D' },
  'SBL-UIF-00880': { meaning: 'the session has ended', certainty: 'A' },

  'SBL-BPR-00162': { meaning: 'a step of a workflow failed', certainty: 'O' },
  'SBL-EAI-04376': { meaning: 'a method of a component failed', certainty: 'A' },
  'SBL-EAI-04451': { meaning: 'a method of a component failed', certainty: 'A' },
};
