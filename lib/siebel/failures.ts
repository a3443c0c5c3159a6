import { type FailureClass, type SiebelResponseCode, SiebelResponseError } from '../errors.ts';
import { isObject } from '../json.ts';

/** What a Siebel code means, whatever the HTTP status beside it. */
type Meaning =
  | 'no-data'
  | 'conflict'
  | 'invalid'
  | 'forbidden'
  | 'business'
  | 'field-unknown'
  | 'not-enabled'
  | 'passing';

/** @see docs/siebel.md, codes: what each one says and where that is known from. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...each('no-data', ['EAI-04378', 'CMI-00122']),
  ...each('conflict', ['EAI-04381', 'EAI-04383', 'DAT-00381', 'DAT-00382']),
  ...each('invalid', ['EAI-04389', 'EAI-04390', 'EAI-04397', 'EAI-04401', 'EAI-04403']),
  ...each('invalid', ['DAT-00225', 'DAT-00359', 'DAT-00398', 'DAT-00498', 'DAT-00521']),
  ...each('forbidden', ['DAT-00278', 'DAT-00279', 'DAT-00284', 'DAT-00510', 'DAT-00542', 'DAT-00553', 'DAT-00825']),
  ...each('forbidden', ['EAI-04421']),
  ...each('field-unknown', ['EAI-50258', 'DAT-00416']),
  ...each('not-enabled', ['EAI-50238', 'EAI-50257', 'EAI-50297']),
  // 00523, "changed since it was read", may be sent again because all writes here set values whatever they were before.
  ...each('passing', ['EAI-05001', 'UIF-00880', 'DAT-00523']),
]);
/** Raised by scripts and applications of the customer. */
const BUSINESS = /^SBL-(?:EXL|APS|IAI)-/;
/** Say only that something inside failed; they count when no other code stands beside them. */
const WRAPPERS: ReadonlySet<string> = new Set(['SBL-EAI-04376', 'SBL-EAI-04451', 'SBL-EAI-04389', 'SBL-BPR-00162']);

const CODE = /SBL-[A-Z]{3}-\d{5}/g;
const NO_DATA = /^there is no data for the requested resource[\s.!]*$/i;
const NO_SESSION = /could not open a session/i;
/** Patterns are only run over this much of a text from outside: its beginning, and its end with the root cause. */
const MAX_HEAD = 1_024;
const MAX_TAIL = 3_072;
/** Members that carry a text about a failure, the most telling one last. */
const TEXT_MEMBERS = ['message', 'title', 'error', 'Error Message', 'detail', 'ERROR', 'Error Code', 'errorCode'];

/** What an answer says about a failure: the texts as they came, for classification only. They may quote data. */
export interface FailureText {
  /** Blocks of text; the last one holds the root cause. */
  readonly blocks: readonly string[];
  /** Every SBL code in order of appearance, each once. */
  readonly codes: readonly string[];
}

/** The texts of an answer that is not a success: of its known members when it is JSON, else all of it. */
export function failureText(body: unknown): FailureText {
  const texts = isObject(body)
    ? TEXT_MEMBERS.map((name) => (Object.hasOwn(body, name) ? body[name] : undefined))
    : [body];
  const blocks = texts
    .filter((text) => typeof text === 'string' && text !== '')
    .flatMap((text) => bounded(text as string).split(/\s--\s|(?<=\))--(?=\()/));
  return { blocks, codes: [...new Set(blocks.flatMap((block) => block.match(CODE) ?? []))] };
}

/** The failure that a JSON answer with a 2xx status carries all the same; `undefined` when it carries none. */
export function failureInSuccess(body: unknown): FailureText | undefined {
  if (!isObject(body)) return undefined;
  // A record may well have a field named Error Code, and has an Id then.
  const failed = hasText(body, 'ERROR') || (hasText(body, 'Error Code') && !Object.hasOwn(body, 'Id'));
  return failed ? failureText(body) : undefined;
}

/**
 * What it means that Siebel said no: its own code decides first, then the HTTP status.
 *
 * @param options.component What was called, as `siebel.config.ts` names it: `Account/Account`.
 * @returns `no-data` when Siebel has nothing to show; else the error to throw, without any of Siebel's text.
 */
export function classifyFailure(
  status: number,
  { blocks, codes }: FailureText,
  { retryAfterMs, component }: { retryAfterMs?: number | undefined; component?: string | undefined } = {},
): 'no-data' | SiebelResponseError {
  const code = rootCode(blocks);
  const meaning = code === undefined ? meaningOfText(status, blocks) : meaningOf(code);
  const refused = (name: SiebelResponseCode, failureClass: FailureClass, because: string) =>
    new SiebelResponseError(name, `Siebel ${because} (${[`HTTP ${status}`, ...codes].join(', ')})`, {
      failureClass,
      status,
      siebelCodes: codes,
      retryAfterMs,
    });

  switch (meaning) {
    case 'no-data':
      return 'no-data';
    case 'conflict':
      return refused('SIEBEL_CONFLICT', 'message', 'has a record with this key already');
    case 'invalid':
      return refused('SIEBEL_VALIDATION', 'message', 'refused the values');
    case 'forbidden':
      return refused('FORBIDDEN', 'message', 'does not allow the integration user to do this');
    case 'business':
      return refused('SIEBEL_BUSINESS', 'message', 'refused by a rule of the business');
    case 'field-unknown':
      return refused(
        'SIEBEL_CONFIGURATION',
        'configuration',
        `does not know a field${component ? ` of ${component}` : ''}: a field name in siebel.config.ts is probably wrong`,
      );
    case 'not-enabled':
      return refused(
        'SIEBEL_CONFIGURATION',
        'configuration',
        `does not know ${component ?? 'a component'}, or has not enabled it for REST`,
      );
    case 'passing':
      return refused('SIEBEL_UNAVAILABLE', 'environment', 'is not able to answer now');
    default:
      return byStatus(status, { fromSiebel: codes.length > 0, component }, refused);
  }
}

function byStatus(
  status: number,
  { fromSiebel, component }: { fromSiebel: boolean; component: string | undefined },
  refused: (name: SiebelResponseCode, failureClass: FailureClass, because: string) => SiebelResponseError,
): SiebelResponseError {
  switch (status) {
    case 403:
      return fromSiebel
        ? refused('FORBIDDEN', 'message', 'does not allow the integration user to do this')
        : refused('SIEBEL_CONFIGURATION', 'configuration', 'was not reached: a gateway forbids the call');
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
    default:
      return refused('SIEBEL_UNAVAILABLE', 'environment', 'failed without a reason that it named');
  }
}

/** The first code of the last block that is more than a wrapper; a wrapper when there is nothing else. */
function rootCode(blocks: readonly string[]): string | undefined {
  const byBlock = blocks.map((block) => block.match(CODE) ?? []).reverse();
  const codes = byBlock.flat();
  return codes.find((code) => !WRAPPERS.has(code)) ?? codes.find((code) => MEANINGS.has(code)) ?? codes[0];
}

function meaningOf(code: string): Meaning | undefined {
  return BUSINESS.test(code) ? 'business' : MEANINGS.get(code);
}

function meaningOfText(status: number, blocks: readonly string[]): Meaning | undefined {
  if ((status === 404 || status < 300) && blocks.some((block) => NO_DATA.test(block.trim()))) return 'no-data';
  return blocks.some((block) => NO_SESSION.test(block)) ? 'passing' : undefined;
}

function bounded(text: string): string {
  return text.length <= MAX_HEAD + MAX_TAIL ? text : `${text.slice(0, MAX_HEAD)}\n${text.slice(-MAX_TAIL)}`;
}

function hasText(body: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(body, name) && typeof body[name] === 'string' && body[name] !== '';
}

function each(meaning: Meaning, codes: readonly string[]): [string, Meaning][] {
  return codes.map((code) => [`SBL-${code}`, meaning]);
}
