import { ConfigurationError } from '../errors.ts';
import { MAX_PAGE_SIZE } from './component.ts';

/**
 * URI parameters that the client sends. Administrators can give them other names at a site.
 *
 * @see Siebel REST API Guide, "About URI Parameters"
 */
export const PARAMETER_NAMES = [
  'PageSize',
  'StartRowNum',
  'searchspec',
  'sortspec',
  'fields',
  'ChildLinks',
  'uniformresponse',
  'ViewMode',
  'recordcountneeded',
  'excludeEmptyFieldsInResponse',
  'ExecutionMode',
  'QueryHierarchy',
  'inlineattachment',
  'workspace',
  'matchrequestformat',
] as const;

export type ParameterName = (typeof PARAMETER_NAMES)[number];

/** A URI parameter by Oracle's name, or one that a service of the site takes. */
export type Parameter = readonly [name: string, value: string];

/** What differs between installations of Siebel and cannot be seen from outside. Everything has the safest default. */
export interface SiebelSite {
  /** Names that administrators have given to URI parameters: `{ PageSize: 'limit' }`. Default: Oracle's names. */
  readonly parameterNames?: Readonly<Partial<Record<ParameterName, string>>> | undefined;
  /**
   * Login name of the user that access tokens stand for, as records say it in `Created By Name`: a record that another
   * user has created is then never taken for the one of a call whose outcome is unknown. Default: any user's may be.
   */
  readonly integrationUser?: string | undefined;
  /** Development workspace to run against. Default: none is named, which is Siebel's main one. */
  readonly workspace?: string | undefined;
  /**
   * Headers that the site asks for, sent with every call. Those that the client sets itself (`Authorization`,
   * `Content-Type`, `Accept`, `Accept-Encoding`, `Cookie`, what says where a message ends) are refused.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What happens to a value that holds both kinds of quotes, which no literal of a search can hold: `refuse`, or
   * `doubling` of the quote where it has been tried at the site that this does not open the literal. Default `refuse`.
   */
  readonly quoteEscape?: 'refuse' | 'doubling' | undefined;
  /** Longest search specification in characters, refused before it is sent. Default 2 000, Siebel's limit for scripts. */
  readonly maxSearchLength?: number | undefined;
  /** Longest path and query in characters, refused before it is sent. Default 8 000, below the 8 KiB of a Tomcat. */
  readonly maxUrlLength?: number | undefined;
  /**
   * Most records of one page, 1 to `MAX_PAGE_SIZE`, where administrators have set a limit that refuses larger pages. Calls
   * that ask for more ask for so many. Default `MAX_PAGE_SIZE`.
   */
  readonly maxPageSize?: number | undefined;
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const USER = /^[!-~](?:[ -~]{0,48}[!-~])?$/;
/** Said by the client or the HTTP layer alone. */
const OWN_HEADERS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Most records that one page of this site may hold, checked once.
 *
 * @throws ConfigurationError when it is not 1 to `MAX_PAGE_SIZE`.
 */
export function largestPage({ maxPageSize = MAX_PAGE_SIZE }: SiebelSite): number {
  if (Number.isInteger(maxPageSize) && maxPageSize >= 1 && maxPageSize <= MAX_PAGE_SIZE) return maxPageSize;
  throw new ConfigurationError(`site.maxPageSize is not a whole number from 1 to ${MAX_PAGE_SIZE}`);
}

/**
 * The user whose records are ours, checked; `undefined` when the site does not say.
 *
 * @throws ConfigurationError when it can be no login name.
 */
export function integrationUserOf({ integrationUser }: SiebelSite): string | undefined {
  if (integrationUser === undefined || USER.test(integrationUser)) return integrationUser;
  throw new ConfigurationError('site.integrationUser is not the login name of a user');
}

/**
 * The headers of a site, checked once.
 *
 * @throws ConfigurationError for one that no site may set or no header can be; its value is not repeated.
 */
export function siteHeaders({ headers = {} }: SiebelSite): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new ConfigurationError('site.headers: a name is not that of an HTTP header');
    if (OWN_HEADERS.has(name.toLowerCase())) throw new ConfigurationError(`site.headers: ${name} is not for a site`);
    if (!HEADER_VALUE.test(value)) {
      throw new ConfigurationError(`site.headers: the value of ${name} has a character that headers must not have`);
    }
  }
  return headers;
}
