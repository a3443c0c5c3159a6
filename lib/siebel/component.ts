import type {
  CallOptions,
  DescribeTarget,
  JsonObject,
  RowResult,
  ServiceCall,
  SiebelCall,
  WorkflowCall,
} from './call.ts';
import type { Condition } from './search-specification.ts';

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

/** One step down: the record whose children are meant, and the child component. */
export interface ChildStep {
  readonly id: string;
  readonly component: string;
}

/** Where a business component is found: `Account/Account`, and with `below` the contacts of one account. */
export interface ComponentAddress {
  readonly businessObject: string;
  readonly businessComponent: string;
  /** Sent with every call, reads and writes. */
  readonly viewMode: ViewMode;
  /** From a record of the business component down to the child component that is meant; grandchildren are two steps. */
  readonly below?: readonly ChildStep[] | undefined;
}

/** Most records of one page: Siebel's limit. */
export const MAX_PAGE_SIZE = 100;

/** Most rows of one batch: Siebel's limit. */
export const MAX_BATCH_SIZE = 100;

/** One record as it is on the wire: every value is text, unset is `''`; links and children are left out. */
export type SiebelRecord = Readonly<Record<string, string>>;

/** A record with its child records by the name of their component: absent, empty or any number of them. */
export interface SiebelTree {
  readonly values: SiebelRecord;
  readonly children: Readonly<Record<string, readonly SiebelTree[]>>;
}

/** What a record comes with. */
export interface ReadOptions {
  /** Names as the answers carry them; `Id` is asked for in any case. Default: every field. */
  readonly fields?: readonly string[] | undefined;
  /**
   * Children to which Siebel adds links. Records come without links all the same: naming some costs Siebel time and the
   * answer bytes, and shows nothing. Default `none`.
   */
  readonly childLinks?: 'none' | readonly string[] | undefined;
  /** Attachment fields hold the file as Base64 in the place of a URL. Default false. */
  readonly inlineAttachments?: boolean | undefined;
  /** Fields without a value are left out of the answer. Default false. */
  readonly excludeEmptyFields?: boolean | undefined;
}

/** One page of records. */
export interface PageQuery extends ReadOptions {
  /** Default: every record that the view mode shows. */
  readonly where?: Condition | undefined;
  readonly sort?: readonly SortKey[] | undefined;
  /**
   * 1 to `MAX_PAGE_SIZE`, and at most `site.maxPageSize`. An administrator may have set a smaller limit still, so that a
   * short page is not the last one.
   */
  readonly pageSize: number;
  /** Records to skip, from 0. */
  readonly startRow: number;
  /**
   * How Siebel runs the query. Default `ForwardOnly`: in any other way it fails when it selects more than about 9 900
   * records, however few of them one page holds.
   *
   * @see Siebel REST API Guide, "Querying Records Using the ExecutionMode Parameter"
   */
  readonly executionMode?: ExecutionMode | undefined;
  /** Asks how many records there are in all, which costs Siebel a query of its own. Default false. */
  readonly count?: boolean | undefined;
}

export type ExecutionMode = 'ForwardOnly' | 'BiDirectional';

/**
 * How a query is read page by page: `offset` skips the records that came before; `byId` asks for the records behind the
 * last Id, in the order of the Ids and never with an offset, so that records which come or go meanwhile shift nothing.
 */
export type Paging = 'offset' | 'byId';

/** Where paging ends at the latest. */
export interface PagesLimit {
  /** More pages than this are taken for paging without an end, and fail. Default 100 000. */
  readonly maxPages?: number | undefined;
}

/** A query that is read page by page. */
export interface PagesQuery extends PageQuery, PagesLimit {
  /** Default `offset`. With `byId`, `sort` and `startRow` have no meaning and must be absent and 0. */
  readonly paging?: Paging | undefined;
}

export interface SortKey {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

export interface SiebelPage {
  readonly records: readonly SiebelRecord[];
  /** True when Siebel has said so, or when the page is empty: nothing else shows the end. */
  readonly lastPage: boolean;
  /** Records in all, when the query has asked for it and Siebel has said so. */
  readonly total?: number | undefined;
}

/** What is read of one level of a hierarchy, and of the levels below it. */
export interface HierarchyQuery {
  /** Names of the component; `Id` comes in any case. */
  readonly fields: readonly string[];
  readonly where?: Condition | undefined;
  readonly sort?: readonly SortKey[] | undefined;
  /** By the name of the child component. */
  readonly children?: Readonly<Record<string, HierarchyQuery>> | undefined;
}

/** One page of records with their children. */
export interface HierarchyPageQuery extends HierarchyQuery {
  /**
   * 1 to `MAX_PAGE_SIZE`, and at most `site.maxPageSize`, of the records at the top. Releases from 24.1 on hold the children
   * to it as well.
   */
  readonly pageSize: number;
  /** Records to skip, from 0. */
  readonly startRow: number;
}

/** The record that a write has met. */
export interface Written {
  readonly id: string;
}

/** The record that a write has met, as far as Siebel has told: releases before 17 name only the parent. */
export interface WrittenChild {
  readonly id: string | undefined;
}

/**
 * Records, business services and workflows over Siebel REST. Each method is one logical call: it gets the token, tries
 * again where that is safe, and turns what comes back into a value or into one classified error. Its type says of each
 * whether it may be repeated.
 *
 * @throws SiebelResponseError when Siebel said no; its failure class says what that means.
 * @throws UnusableResponseError for HTML, cut or oversized bodies and unexpected shapes.
 * @throws NoResponseError, TlsError when no answer came; `CIRCUIT_OPEN` when Siebel has failed so often that it is let
 *   alone for some seconds.
 * @throws UnknownOutcomeError in the place of the two above, when an unrepeatable call may have been executed.
 * @throws TokenRequestError when no access token could be had, or Siebel refuses every one (`AUTH_LOOP`).
 * @throws InvalidInputError `TOO_LONG` for a search or address that is longer than the site takes; nothing is sent.
 */
export interface SiebelClient {
  /** Most records that a page of this site may hold; a list of children that is as long may be cut. */
  readonly maxPageSize: number;

  /** One record by Id; `undefined` when Siebel has none, or hides it from this view mode. */
  readonly get: SiebelCall<'read', [at: ComponentAddress, id: string, read: ReadOptions], SiebelRecord | undefined>;
  /** One page; empty when there is no data, and smaller than it was asked for when all of it is more than we take. */
  readonly queryPage: SiebelCall<'read', [at: ComponentAddress, query: PageQuery], SiebelPage>;
  /**
   * Pages from the first on, up to an empty page or Siebel's `lastpage`, one of them held at a time. Every page is a call
   * of its own, all of them under one deadline.
   *
   * By offset: give a sort order, and do not count on records that come or go meanwhile.
   *
   * @throws UnusableResponseError `UNEXPECTED_SHAPE` when the same page comes again, or pages never end.
   */
  pages(at: ComponentAddress, query: PagesQuery, options: CallOptions): AsyncIterable<readonly SiebelRecord[]>;
  /** How many records there are. Costs Siebel a query of all of them. */
  readonly count: SiebelCall<'read', [at: ComponentAddress, query: Pick<PageQuery, 'where'>], number>;
  /** One page of records with their children, in one call. */
  readonly hierarchy: SiebelCall<'read', [at: ComponentAddress, query: HierarchyPageQuery], readonly SiebelTree[]>;
  /** Pages of records with their children, by offset as in `pages`, up to an empty page. */
  hierarchyPages(
    at: ComponentAddress,
    query: HierarchyPageQuery & PagesLimit,
    options: CallOptions,
  ): AsyncIterable<readonly SiebelTree[]>;

  /** Creates or updates by the complete user key in the record, which must be unique at Siebel. Fields not sent stay. */
  readonly upsert: SiebelCall<'repeatable', [at: ComponentAddress, record: SiebelRecord], Written>;
  /** As `upsert`, below another record: by the child's Id or its complete user key. */
  readonly upsertChild: SiebelCall<'repeatable', [at: ComponentAddress, record: SiebelRecord], WrittenChild>;
  /** Updates by Id. What Siebel does with an unknown Id differs between sites: read first. */
  readonly update: SiebelCall<'repeatable', [at: ComponentAddress, id: string, fields: SiebelRecord], Written>;
  /** Deletes by Id; of a many-to-many child, Siebel may delete the link alone. A record that is gone already is a success. */
  readonly delete: SiebelCall<'repeatable', [at: ComponentAddress, id: string], void>;
  /** Inserts one record, with its children when it is a tree. */
  readonly insert: SiebelCall<'unrepeatable', [at: ComponentAddress, record: SiebelTree | SiebelRecord], Written>;
  /** Inserts one record below another one: a PUT without Id, which would insert again. */
  readonly insertChild: SiebelCall<'unrepeatable', [at: ComponentAddress, record: SiebelRecord], WrittenChild>;
  /**
   * Links the record with this user key to its parent, over a many-to-many child component; Siebel creates it when there
   * is none.
   */
  readonly associate: SiebelCall<'unrepeatable', [at: ComponentAddress, userKey: SiebelRecord], WrittenChild>;

  /**
   * Upserts 1 to `MAX_BATCH_SIZE` records in one request. When Siebel refuses the batch, or its answer does not match what
   * was sent row by row, each record goes singly (R15).
   */
  readonly upsertMany: SiebelCall<
    'repeatable',
    [at: ComponentAddress, records: readonly SiebelRecord[]],
    readonly RowResult[]
  >;
  /**
   * Inserts 1 to `MAX_BATCH_SIZE` records in one request, which is never sent again. All or nothing: a refusal throws, and
   * what comes back are the records in the order in which they were given.
   */
  readonly insertMany: SiebelCall<
    'unrepeatable',
    [at: ComponentAddress, records: readonly SiebelRecord[]],
    readonly WrittenChild[]
  >;
  /** Deletes 1 to `MAX_BATCH_SIZE` records in one request; singly when Siebel refuses the batch, as it does when one is gone. */
  readonly deleteMany: SiebelCall<'repeatable', [at: ComponentAddress, ids: readonly string[]], readonly RowResult[]>;

  /** Runs a method of a business service and gives its output arguments. */
  readonly service: SiebelCall<'repeatable' | 'unrepeatable', [call: ServiceCall], JsonObject>;
  /** Runs a workflow process and gives its output. */
  readonly workflow: SiebelCall<'repeatable' | 'unrepeatable', [call: WorkflowCall], JsonObject>;
  /** Siebel's own description of what it offers (OpenAPI 3 or Swagger 2), as it came. */
  readonly describe: SiebelCall<'read', [what: DescribeTarget], unknown>;
}
