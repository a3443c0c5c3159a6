import { type FailureClass, type SiebelResponseCode, SiebelResponseError } from '../errors.ts';
import { isObject } from '../json.ts';
import type { FailureMembers } from './call.ts';
import { isWrapper, KINDS, kindOf, type SiebelCodeKind } from './codes.ts';
import { codesAtEnd, codesIn, type FailureText, failureText, hasText } from './failure-text.ts';

export { type FailureText, failureText, failureTextOf } from './failure-text.ts';

type Meaning = Exclude<SiebelCodeKind, 'wrapper'>;

const NO_SESSION = /could not open a session/i;
/** Members that hold one of Siebel's codes, which no output of a call has a use for. */
const CODED_MEMBERS = ['error', 'Error', 'errorCode', 'Error Message', 'message'];

/** A failure that an answer carries in spite of its status. */
export interface FailureInSuccess {
  readonly text: FailureText;
  /** It is one by what the owner of the service has declared, and no code of Siebel's need stand beside it. */
  readonly declared: boolean;
}

/**
 * The failure that a JSON answer with a 2xx status carries all the same; `undefined` when it carries none: an `ERROR`, an
 * `Error Code`, a renamed member with one of Siebel's codes, or a member that was declared to report failures.
 *
 * @param members Members of a service's output by the values that mean success. Case and blanks at the ends count.
 */
export function failureInSuccess(body: unknown, members: FailureMembers = {}): FailureInSuccess | undefined {
  if (!isObject(body)) return undefined;
  const output = Object.hasOwn(body, 'items') ? body['items'] : undefined;
  const parts = isObject(output) ? [body, output] : [body];
  const byDeclaration = parts.find((part) => isDeclaredFailure(part, members));
  const failed = parts.find(reportsFailure) ?? byDeclaration;
  // Nobody in front of Siebel speaks in these members.
  return failed && { text: { ...failureText(failed), answeredBy: 'siebel' }, declared: byDeclaration !== undefined };
}

/**
 * What it means that Siebel said no: its own code decides first, then the HTTP status. Total: every status with every
 * text has exactly one result.
 *
 * @param options.component What was called, as `siebel.config.ts` names it: `Account/Account`.
 * @param options.declared The owner of a service has declared that this is a failure: without a known code it is a refusal
 *   of the business.
 * @param options.ofService A service or workflow was called, which fails when it finds nothing.
 * @returns `no-data` when Siebel has nothing to show; else the error to throw, without any of Siebel's text.
 */
export function classifyFailure(
  status: number,
  text: FailureText,
  {
    retryAfterMs,
    component,
    declared = false,
    ofService = false,
  }: {
    retryAfterMs?: number | undefined;
    component?: string | undefined;
    declared?: boolean;
    ofService?: boolean;
  } = {},
): 'no-data' | SiebelResponseError {
  const { blocks, codes, answeredBy } = text;
  const refused = (code: SiebelResponseCode, failureClass: FailureClass, because: string) =>
    new SiebelResponseError(code, `${SPEAKERS[answeredBy]} ${because} (${[`HTTP ${status}`, ...codes].join(', ')})`, {
      failureClass,
      status,
      siebelCodes: codes,
      answeredBy,
      passing: meaning === 'passing',
      retryAfterMs,
    });

  const meaning = meaningOf(status, rootCode(blocks), text) ?? (declared ? 'business' : undefined);
  switch (meaning) {
    case undefined:
      return byStatus(status, { fromSiebel: codes.length > 0, component }, refused);
    case 'no-data':
      return ofService ? refused('NOT_FOUND', 'message', `has no record for ${component ?? 'the call'}`) : 'no-data';
    case 'field-unknown':
    case 'not-enabled': {
      const { code, failureClass, because } = KINDS[meaning];
      return refused(code, failureClass, component === undefined ? because : NAMING[meaning](component));
    }
    default: {
      const { code, failureClass, because } = KINDS[meaning];
      return refused(code, failureClass, because);
    }
  }
}

/** Subjects of the sentence that an error's text is. */
const SPEAKERS = {
  siebel: 'Siebel',
  'servlet-container': "Siebel's servlet container",
  gateway: 'something in front of Siebel',
  unknown: 'Siebel, or something in front of it,',
} as const;

const NAMING = {
  'field-unknown': (component: string) =>
    `does not know a field of ${component}: a field name in siebel.config.ts is probably wrong, or searches know the field by another, for searchedAs`,
  'not-enabled': (component: string) => `does not know ${component}, or has not enabled it for REST`,
} as const;

function byStatus(
  status: number,
  { fromSiebel, component }: { fromSiebel: boolean; component: string | undefined },
  refused: (code: SiebelResponseCode, failureClass: FailureClass, because: string) => SiebelResponseError,
): SiebelResponseError {
  switch (status) {
    case 403:
      return fromSiebel
        ? refused('FORBIDDEN', 'message', KINDS.forbidden.because)
        : refused('SIEBEL_CONFIGURATION', 'configuration', 'forbids the call without a code of Siebel');
    case 404:
      return refused(
        'SIEBEL_CONFIGURATION',
        'configuration',
        `does not know this address: check SIEBEL_BASE_URL and ${component ?? 'the component'}`,
      );
    case 405:
    case 406:
    case 415:
      return refused('SIEBEL_CONFIGURATION', 'configuration', 'does not take such a request');
    case 409:
      return refused('SIEBEL_CONFLICT', 'message', 'reports a conflict with what it has');
    case 413:
    case 414:
      return refused('TOO_LARGE', 'message', 'does not take a request of this size');
    case 429:
      return refused('SIEBEL_UNAVAILABLE', 'environment', 'asks for fewer requests');
    default:
      return refused('SIEBEL_UNAVAILABLE', 'environment', 'failed without a reason that is known');
  }
}

/**
 * The first code at the end of the last block that is more than a wrapper. What stands before it may quote data: beside a
 * wrapper it may say why the values were refused, and nothing that would let the call wait or look like success. Where no
 * block ends in a code, those inside count.
 */
function rootCode(blocks: readonly string[]): string | undefined {
  const ends = blocks.map(codesAtEnd).reverse();
  const inside = blocks.map(codesIn).reverse().flat();
  const [last = []] = ends;
  const atEnd = ends.flat();
  if (atEnd.length === 0) return innermost(inside.filter((code) => kindOf(code) !== 'no-data'));

  const trusted = last.length > 0 ? last : atEnd;
  const decisive = trusted.find((code) => !isWrapper(code));
  return decisive ?? [...atEnd, ...inside].find(refusesValues) ?? innermost(trusted);
}

function innermost(codes: readonly string[]): string | undefined {
  return codes.find((code) => !isWrapper(code)) ?? codes.find((code) => kindOf(code) !== 'wrapper') ?? codes[0];
}

function refusesValues(code: string): boolean {
  const kind = kindOf(code);
  return (
    !isWrapper(code) &&
    kind !== undefined &&
    kind in KINDS &&
    KINDS[kind as keyof typeof KINDS].failureClass === 'message'
  );
}

function meaningOf(
  status: number,
  code: string | undefined,
  { blocks, saysNoData, isData }: FailureText,
): Meaning | undefined {
  if (code !== undefined) {
    const kind = kindOf(code);
    return kind === 'wrapper' || (kind === 'no-data' && !isData) ? undefined : kind;
  }
  if (saysNoData && (status === 404 || status < 300)) return 'no-data';
  return blocks.some((block) => NO_SESSION.test(block)) ? 'passing' : undefined;
}

function reportsFailure(part: Readonly<Record<string, unknown>>): boolean {
  if (hasText(part, 'ERROR')) return true;
  // A record may well have a field of such a name, and has an Id then.
  if (Object.hasOwn(part, 'Id')) return false;
  return (
    hasText(part, 'Error Code') ||
    CODED_MEMBERS.some((name) => hasText(part, name) && codesIn(String(part[name]).slice(0, MAX_CODED)).length > 0)
  );
}

/** A code stands at the beginning or the end of a text; both are found in a text of sane length. */
const MAX_CODED = 4_096;

function isDeclaredFailure(part: Readonly<Record<string, unknown>>, members: FailureMembers): boolean {
  return Object.entries(members).some(
    ([name, successes]) =>
      Object.hasOwn(part, name) && !successes.includes(part[name] === null ? '' : String(part[name])),
  );
}
