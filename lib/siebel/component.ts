import type { CallOptions } from './call.ts';
import type { SearchSpecification } from './search-specification.ts';

/**
 * Whose records a call may see. Siebel's own default is `Sales Rep`, in which a technical user sees nothing, so that it
 * is always sent.
 *
 * @see Siebel REST API Guide, "About Access Controls for Siebel Business Component REST Requests"
 */
export type ViewMode =
  | 'Sales Rep'
  | 'Personal'
  | 'Manager'
  | 'Organization'
  | 'Sub-Organization'
  | 'Group'
  | 'Catalog'
  | 'All';

/** Where a business component is found: `Account/Account`. */
export interface ComponentAddress {
  readonly businessObject: string;
  readonly businessComponent: string;
  /** Goes along with writes; reads name it in their query. Default `All`. */
  readonly viewMode?: ViewMode;
}

/** Most records of one page: Siebel's limit. */
export const MAX_PAGE_SIZE = 100;

/** One record as it is on the wire: every value is text, unset is `''`; links and children are left out. */
export type SiebelRecord = Readonly<Record<string, string>>;

/** One page of records. */
export interface PageQuery {
  readonly viewMode: ViewMode;
  /** Names as the answers carry them; `Id` is asked for in any case. */
  readonly fields: readonly string[];
  readonly searchSpecification?: SearchSpecification | undefined;
  readonly sort?: readonly SortKey[] | undefined;
  /** 1 to `MAX_PAGE_SIZE`. An administrator may have set a smaller limit, so a short page is not the last one. */
  readonly pageSize: number;
  /** Records to skip, from 0. */
  readonly startRow: number;
  /** `ExecutionMode=ForwardOnly`: needed when the query selects more than about 9 900 records. */
  readonly forwardOnly?: boolean | undefined;
}

export interface SortKey {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

export interface SiebelPage {
  readonly records: readonly SiebelRecord[];
  /** True when Siebel has said so, or when the page is empty: nothing else shows the end. */
  readonly lastPage: boolean;
}

/**
 * The records of business components over Siebel REST. Each method is one logical call: it gets the token, tries again
 * where that is safe, and turns what comes back into records or into one classified error.
 *
 * @throws SiebelResponseError when Siebel said no; its failure class says what that means.
 * @throws UnusableResponseError for HTML, cut or oversized bodies and unexpected shapes.
 * @throws NoResponseError, TlsError when no answer came.
 * @throws TokenRequestError when no access token could be had, or Siebel refuses every one (`AUTH_LOOP`).
 */
export interface SiebelClient {
  /** One record by Id; `undefined` when Siebel has none, or hides it from this view mode. */
  get(
    component: ComponentAddress,
    id: string,
    query: { readonly viewMode: ViewMode; readonly fields?: readonly string[] },
    options: CallOptions,
  ): Promise<SiebelRecord | undefined>;
  /** One page; empty when there is no data. */
  queryPage(component: ComponentAddress, query: PageQuery, options: CallOptions): Promise<SiebelPage>;
  /**
   * Pages from `startRow` on, up to an empty page or Siebel's `lastpage`. Every page is a call of its own, all of them
   * under one deadline.
   *
   * Pages by offset: give a sort order, and do not count on records that come or go meanwhile.
   *
   * @throws UnusableResponseError `UNEXPECTED_SHAPE` when the same page comes again.
   */
  pages(component: ComponentAddress, query: PageQuery, options: CallOptions): AsyncIterable<readonly SiebelRecord[]>;
  /** Creates or updates by the complete user key in the record: may be repeated. Fields that are not sent stay. */
  upsert(component: ComponentAddress, record: SiebelRecord, options: CallOptions): Promise<{ readonly id: string }>;
  /** Updates by Id: may be repeated. What Siebel does with an unknown Id differs between sites: read first. */
  update(
    component: ComponentAddress,
    id: string,
    fields: SiebelRecord,
    options: CallOptions,
  ): Promise<{ readonly id: string }>;
  /** Deletes by Id: may be repeated; a record that is gone already is a success. */
  delete(component: ComponentAddress, id: string, options: CallOptions): Promise<void>;
}
