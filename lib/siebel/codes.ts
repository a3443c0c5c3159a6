import type { FailureClass, SiebelResponseCode } from '../errors.ts';

/** What a code of Siebel's says, whatever the HTTP status beside it. */
export type SiebelCodeKind =
  | 'no-data'
  | 'conflict'
  | 'invalid'
  | 'forbidden'
  | 'business'
  | 'field-unknown'
  | 'not-enabled'
  | 'passing'
  | 'wrapper';

/**
 * Every code that is known here. What each one means in words, and what to do about it, stands in
 * `code-reference.ts`, which the functions do not carry.
 */
export const SIEBEL_CODES = {
  'SBL-EAI-04378': 'no-data',
  'SBL-CMI-00122': 'no-data',

  'SBL-EAI-04381': 'conflict',
  'SBL-EAI-04383': 'conflict',
  'SBL-DAT-00381': 'conflict',
  'SBL-DAT-00382': 'conflict',

  'SBL-EAI-04389': 'invalid',
  'SBL-EAI-04390': 'invalid',
  'SBL-EAI-04397': 'invalid',
  'SBL-EAI-04401': 'invalid',
  'SBL-EAI-04403': 'invalid',
  'SBL-DAT-00225': 'invalid',
  'SBL-DAT-00359': 'invalid',
  'SBL-DAT-00498': 'invalid',
  'SBL-DAT-00500': 'invalid',
  'SBL-DAT-00501': 'invalid',
  'SBL-DAT-00521': 'invalid',

  'SBL-DAT-00278': 'forbidden',
  'SBL-DAT-00279': 'forbidden',
  'SBL-DAT-00284': 'forbidden',
  'SBL-DAT-00510': 'forbidden',
  'SBL-DAT-00542': 'forbidden',
  'SBL-DAT-00553': 'forbidden',
  'SBL-DAT-00825': 'forbidden',
  'SBL-EAI-04421': 'forbidden',

  'SBL-EXL-00151': 'business',
  'SBL-APS-00802': 'business',
  'SBL-IAI-00519': 'business',

  'SBL-EAI-50258': 'field-unknown',
  'SBL-DAT-00398': 'field-unknown',
  'SBL-DAT-00416': 'field-unknown',

  'SBL-EAI-50238': 'not-enabled',
  'SBL-EAI-50257': 'not-enabled',
  'SBL-EAI-50297': 'not-enabled',
  'SBL-DAT-00144': 'not-enabled',
  'SBL-DAT-00222': 'not-enabled',

  // 00523, "changed since it was read", may be sent again because writes here set values whatever they were before.
  'SBL-DAT-00523': 'passing',
  'SBL-EAI-05001': 'passing',
  'SBL-UIF-00880': 'passing',

  'SBL-BPR-00162': 'wrapper',
  'SBL-EAI-04376': 'wrapper',
  'SBL-EAI-04451': 'wrapper',
} as const satisfies Readonly<Record<string, SiebelCodeKind>>;

export type SiebelCode = keyof typeof SIEBEL_CODES;

/** Codes of these kinds are raised by scripts and applications of the customer, whatever their number. */
const BUSINESS_FAMILIES = ['SBL-EXL', 'SBL-APS', 'SBL-IAI'] as const;

/** Says, beside what is its own, that something inside failed: counts only when no other code stands beside it. */
const ALSO_WRAPS: SiebelCode = 'SBL-EAI-04389';

/** What becomes of a call by the kind of the code; `because` completes "Siebel …". */
export const KINDS = {
  conflict: { code: 'SIEBEL_CONFLICT', failureClass: 'message', because: 'has a record with this key already' },
  invalid: { code: 'SIEBEL_VALIDATION', failureClass: 'message', because: 'refused the values' },
  forbidden: {
    code: 'FORBIDDEN',
    failureClass: 'message',
    because: 'does not allow the integration user to do this',
  },
  business: { code: 'SIEBEL_BUSINESS', failureClass: 'message', because: 'refused by a rule of the business' },
  'field-unknown': {
    code: 'SIEBEL_CONFIGURATION',
    failureClass: 'configuration',
    because: 'does not know a field: a field name in siebel.config.ts is probably wrong',
  },
  'not-enabled': {
    code: 'SIEBEL_CONFIGURATION',
    failureClass: 'configuration',
    because: 'does not know the component, or has not enabled it for REST',
  },
  passing: { code: 'SIEBEL_UNAVAILABLE', failureClass: 'environment', because: 'is not able to answer now' },
} as const satisfies Readonly<
  Record<
    Exclude<SiebelCodeKind, 'no-data' | 'wrapper'>,
    { readonly code: SiebelResponseCode; readonly failureClass: FailureClass; readonly because: string }
  >
>;

/** The kind of any code of Siebel's form; `undefined` for one that is not known here. */
export function kindOf(code: string): SiebelCodeKind | undefined {
  if (isKnown(code)) return SIEBEL_CODES[code];
  return BUSINESS_FAMILIES.some((family) => code.startsWith(`${family}-`)) ? 'business' : undefined;
}

/** Whether the code counts only when no other one stands beside it. */
export function isWrapper(code: string): boolean {
  return code === ALSO_WRAPS || kindOf(code) === 'wrapper';
}

function isKnown(code: string): code is SiebelCode {
  return Object.hasOwn(SIEBEL_CODES, code);
}
