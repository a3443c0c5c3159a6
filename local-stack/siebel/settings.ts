/** What differs between releases and sites, or what nobody knows. The defaults are what was seen most. */
export interface SiebelSettings {
  /** Path before `/data`. Some sites remap it. */
  readonly contextPath: string;
  /** Base of every `href` ("REST Response Base URL" of the AI profile): not the address that was called. */
  readonly responseBaseUrl: string;
  /** Siebel users, named exactly as the subjects of tokens. */
  readonly users: readonly string[];
  /** Member of the introspection answer that holds the user. */
  readonly subjectField: string;
  /** Whether a call without a token runs as a guest, who sees nothing, in the place of a 401. */
  readonly anonymous: boolean;
  /** What stands in a 401: nothing, a body, or a `WWW-Authenticate` header. */
  readonly unauthorized: 'empty' | 'body' | 'challenge';
  /** What a query without rows is answered with. */
  readonly emptyAnswer: '404' | '404 with full stop' | '204' | 'empty items';
  /** How a query with one row answers when `uniformresponse` is not asked for. */
  readonly oneRow: 'items object' | 'bare record';
  /** A PageSize above the limit. */
  readonly overPageSize: 'error' | 'cap';
  readonly pageSizeLimit: number;
  /** Rows that a query may reach without `ExecutionMode=ForwardOnly`. */
  readonly rowLimit: number;
  /** Whether a doubled quote stands for a quote inside a literal. It does not, as far as known. */
  readonly quoteEscape: 'none' | 'doubling';
  /** PUT on a row id that does not exist. */
  readonly unknownIdOnPut: 'insert' | 'error';
  /** Whether answers are compressed for clients that take gzip. */
  readonly gzip: boolean;
  /** As long as Tomcat keeps an idle connection by default. */
  readonly keepAliveMs: number;
}

export const DEFAULT_SETTINGS: SiebelSettings = {
  contextPath: '/siebel/v1.0',
  responseBaseUrl: 'https://siebel.example.com/siebel/v1.0',
  users: ['siebel-caller'],
  subjectField: 'sub',
  anonymous: false,
  unauthorized: 'empty',
  emptyAnswer: '404',
  oneRow: 'items object',
  overPageSize: 'error',
  pageSizeLimit: 100,
  rowLimit: 9_900,
  quoteEscape: 'none',
  unknownIdOnPut: 'insert',
  gzip: false,
  keepAliveMs: 20_000,
};
