import type { OverCap } from './connection-cap.ts';

/**
 * What differs between releases and sites, or what nobody knows. The defaults are what was seen most. Each can be set at
 * the start, changed at the control address while it runs, and set for the requests that a fault rule strikes.
 */
export interface SiebelSettings {
  /** Path before `/data`. Some sites remap it. */
  readonly contextPath: string;
  /** Base of every `href` ("REST Response Base URL" of the AI profile): not the address that was called. */
  readonly responseBaseUrl: string;
  /** Official name of a URI parameter in lower case → the name that an administrator gave it. The official one is then unknown. */
  readonly parameterNames: Readonly<Record<string, string>>;

  /** Siebel users, named exactly as the subjects of tokens. */
  readonly users: readonly string[];
  /** Siebel user → position. One without a position is in no team and belongs to the default organization. */
  readonly positions: Readonly<Record<string, string>>;
  /** View modes that users may use; another one is refused. */
  readonly viewModes: readonly string[];
  /** Siebel user → responsibilities, which open business services and workflow processes that are not for everyone. */
  readonly responsibilities: Readonly<Record<string, readonly string[]>>;
  /** Member of the introspection answer that holds the user. */
  readonly subjectField: string;
  /** How long an introspection answer is used again. 0: every request is introspected. */
  readonly cacheIntrospectionSeconds: number;
  /** Whether a call without a token runs as a guest, who sees nothing, in the place of a 401. */
  readonly anonymous: boolean;
  /** What stands in a 401: nothing, a body, or a `WWW-Authenticate` header. */
  readonly unauthorized: 'empty' | 'body' | 'challenge';
  /** How long it takes to open a session. A call uses an idle one of its user, and else opens one: the first call is slow. */
  readonly loginMs: number;
  /** A session that was idle for so long is gone: the next call opens one. 0: every call does. */
  readonly sessionTimeoutSeconds: number;
  /** Sessions that one user may have at work at a time; a call above them gets the 500 of a failed login. 0: any number. */
  readonly sessionsPerUser: number;

  /** Requests worked on at a time ("Maximum Possible Connections"). */
  readonly maxConnections: number;
  /** What a request above that number gets. */
  readonly overCap: OverCap;
  /** As long as Tomcat keeps an idle connection by default. */
  readonly keepAliveMs: number;
  /** Every call gets the page of a servlet container whose application is stopped, and the connection closes. */
  readonly maintenance: false | '503' | '404';
  /** Whether answers set a session cookie, which nobody needs to send back. */
  readonly cookie: boolean;
  /** Whether answers are compressed for clients that take gzip. */
  readonly gzip: boolean;

  /** What a query without rows is answered with. */
  readonly emptyAnswer: '404' | '404 with full stop' | '204' | 'empty items';
  /** How a query with one row answers when `uniformresponse` is not asked for. */
  readonly oneRow: 'items object' | 'bare record';
  /** Whether `uniformresponse` is known (18.12 and later); before, it is ignored. */
  readonly uniformResponse: boolean;
  /** A PageSize above the limit. */
  readonly overPageSize: 'error' | 'cap';
  /** Most rows of a page. Administrators may set it below the 100 of the product. */
  readonly pageSizeLimit: number;
  /** Whether PageSize counts on child components (24.1 and later); before, all children come at once. */
  readonly childPageSize: boolean;
  /** Rows of a query without `ExecutionMode=ForwardOnly`; more of them are an error. */
  readonly rowLimit: number;
  /** Which rows count for that limit: all that the query selects, whatever page of them is asked for, or those up to the page's end. */
  readonly rowCeiling: 'selected' | 'reached';
  /** Whether a doubled quote stands for a quote inside a literal. It does not, as far as known. */
  readonly quoteEscape: 'none' | 'doubling';
  /** IANA zone in which fields of type date-time (not UTC) are shown to the user: its wall clock is on the wire. */
  readonly timeZone: string;
  /** Language in which values of a list are shown and read. */
  readonly languages: 'enu' | 'deu';
  /** Whether attachments are given in the record (Base64) when asked for; else only as addresses. */
  readonly attachmentsInline: boolean;
  /** Whether every other record of a list leaves out members that are not set, so that the records of one list differ. */
  readonly unequalMembers: boolean;
  /** What another user does to the records between two pages of a query, every so many pages. */
  readonly moving: undefined | { readonly everyPages: number; readonly what: 'insert' | 'delete' | 'move' };

  /** Fields that name an account, all of them needed in a PUT. The longer one is that of Siebel's own repository. */
  readonly accountKey: 'Name, Location' | 'Name, Location, Primary Organization';
  /** Whether an account or organization that a record names must exist. */
  readonly references: 'checked' | 'taken';
  /** PUT on a row id that does not exist. */
  readonly unknownIdOnPut: 'insert' | 'error';
  /** Status of a write, alone or in a batch, that the user key of another record stands against. */
  readonly duplicateStatus: 409 | 500;
  /** Whether components refuse a second record with the same first user key, or with the same of every user key. */
  readonly uniqueKeys: boolean | 'every';
  /** What a write of a child answers: the child's row id (200), or that of its parent alone (201 or 200, as in IP2016). */
  readonly childWriteAnswer: 'child' | 'parent only' | 'parent only, 200';
  /** Whether an array of records may be written (20.6 and later). */
  readonly batches: boolean;
  /** Status of a write that was carried out. 304: without a body. */
  readonly writeStatus: 200 | 304;

  /** The parameter by which a service call gets messages in the form that it sent them: named anew in 21.6, none before 21.3. */
  readonly requestFormat: 'matchrequestformat' | 'legacy' | 'none';
  /** Whether workflow processes can be called (22.3 and later); before, their addresses are 404. */
  readonly workflows: boolean;
  /** What `describe` answers. */
  readonly describe: 'openapi 3.0' | 'swagger 2.0' | 'none';
  /** Names of the members of a described record: those of the payload, or with component and payload names swapped. */
  readonly describeNames: 'payload' | 'swapped';
  /** Whether XML is read and written when the content type asks for it. */
  readonly xml: boolean;
  /** Whether errors come as `application/problem+json`. */
  readonly problemFormat: boolean;
  /** Siebel code → status, as an administrator may map them (26.x). */
  readonly statusMap: Readonly<Record<string, number>>;
}

/** From the narrowest to the widest, in two ladders that both end in `All`. */
export const VIEW_MODES: readonly string[] = [
  'Personal',
  'Sales Rep',
  'Manager',
  'Organization',
  'Sub-Organization',
  'Group',
  'Catalog',
  'All',
];

export const DEFAULT_SETTINGS: SiebelSettings = {
  contextPath: '/siebel/v1.0',
  responseBaseUrl: 'https://siebel.example.com/siebel/v1.0',
  parameterNames: {},
  users: ['siebel-caller'],
  positions: {},
  viewModes: VIEW_MODES,
  responsibilities: {},
  subjectField: 'sub',
  cacheIntrospectionSeconds: 0,
  anonymous: false,
  unauthorized: 'empty',
  loginMs: 0,
  sessionTimeoutSeconds: 900,
  sessionsPerUser: 0,
  maxConnections: 20,
  overCap: 'queue',
  keepAliveMs: 20_000,
  maintenance: false,
  cookie: false,
  gzip: false,
  emptyAnswer: '404',
  oneRow: 'items object',
  uniformResponse: true,
  overPageSize: 'error',
  pageSizeLimit: 100,
  childPageSize: true,
  rowLimit: 9_900,
  rowCeiling: 'selected',
  quoteEscape: 'none',
  timeZone: 'UTC',
  languages: 'enu',
  attachmentsInline: true,
  unequalMembers: false,
  moving: undefined,
  accountKey: 'Name, Location',
  references: 'checked',
  unknownIdOnPut: 'insert',
  duplicateStatus: 409,
  uniqueKeys: true,
  childWriteAnswer: 'child',
  batches: true,
  writeStatus: 200,
  requestFormat: 'matchrequestformat',
  workflows: true,
  describe: 'openapi 3.0',
  describeNames: 'payload',
  xml: true,
  problemFormat: false,
  statusMap: {},
};
