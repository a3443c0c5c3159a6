import { type Item, inWords, isItem, itemsIn } from './answers.ts';
import { type Journal, MARK, type Named } from './journal.ts';
import { ECHO, type Profile } from './profile.ts';
import { CannotTell } from './question.ts';
import type { Send, WireAnswer, WireRequest } from './wire.ts';

export type Parameters = Readonly<Record<string, string | number | undefined>>;

/** What was found, or made, before the questions: they all begin from it. */
export interface Sample {
  /** Up to a hundred records. */
  readonly records: readonly Item[];
  /** One whose key is plain text, and holds letters where there is such a one. */
  readonly plain: { readonly id: string; readonly key: string } | undefined;
  /** An Id with a plus, and the address of the component that has it. */
  readonly plus: { readonly id: string; readonly component: string } | undefined;
  /** Ids of records with no, one and several child records. */
  readonly withChildren: { readonly none?: string; readonly one?: string; readonly several?: string };
}

/** The Siebel that questions are put to. */
export interface Site {
  readonly profile: Profile;
  readonly sample: Sample;
  readonly send: Send;
  /** An Id of the usual form that no record has. Good for reading only: for writes there is `gone`. */
  readonly absentId: string;
  /**
   * A query on the component: sees all rows, always a list, no child links, unless the parameters say otherwise. One without
   * a search asks for ForwardOnly, without which Siebel may refuse to select so much.
   */
  query(parameters?: Parameters, below?: string): Promise<WireAnswer>;
  /** The record of this Id, by its own address. */
  read(id: string, parameters?: Parameters): Promise<WireAnswer>;
  search(specification: string, parameters?: Parameters): Promise<WireAnswer>;
  /** A record's address, or that of what is below it: `/data/Account/Account/1-2AB%2B7/Contact`. */
  address(...segments: readonly string[]): string;
  childAddress(...segments: readonly string[]): string;
  /**
   * A write on the component, or below it. What it makes is noted, found again by its name where the answer has no Id.
   *
   * @throws Error when it would change or delete a record that this run has not made.
   */
  write(
    method: WireRequest['method'],
    segments: readonly string[],
    body?: unknown,
    parameters?: Parameters,
  ): Promise<WireAnswer>;
  /** Notes a record below one of this run, so that it is deleted too. */
  noteBelow(parent: string, component: string, id: string): void;
  /** A POST to a service or process, `path` being `service/<service>/<method>` or `workflow/<process>`. */
  call(path: string, body: unknown, parameters?: Parameters): Promise<WireAnswer>;
  /** Members of a new record, with a name that no other has. */
  fresh(changes?: Readonly<Record<string, unknown>>, ending?: string): Readonly<Record<string, unknown>>;
  freshChild(): Readonly<Record<string, string>>;
  /** Makes a record, and gives its Id. */
  make(changes?: Readonly<Record<string, unknown>>, ending?: string): Promise<string>;
  /** Makes a record, deletes it, and gives its Id: one that no other record has. */
  gone(): Promise<string>;
  /** A record of the sample whose key is plain text. */
  plain(): { readonly id: string; readonly key: string };
}

/** A site before its sample is known. */
export type Ground = Omit<Site, 'sample' | 'plain'> & {
  readonly journal: Journal;
  /** Looks for a record of this run by its name, and notes it. */
  found(named: Named): Promise<void>;
  condition(named: Named): string;
};

export function siteOf({
  send,
  profile,
  journal,
}: {
  readonly send: Send;
  readonly profile: Profile;
  readonly journal: Journal;
}): Ground {
  const [object = '', component = ''] = profile.component.split('/');
  const address: Site['address'] = (...segments) => pathOf('data', object, component, ...segments);
  const childAddress: Site['address'] = (...segments) =>
    pathOf('data', ...profile.child.component.split('/'), ...segments);
  const encode = (parameters: Parameters) => queryOf(parameters, profile.parameterNames);

  const query: Site['query'] = (parameters = {}, below = address()) =>
    send({
      path: below,
      query: encode({
        ViewMode: profile.viewMode,
        uniformresponse: 'y',
        ChildLinks: 'None',
        ...(parameters['searchspec'] === undefined && { ExecutionMode: 'ForwardOnly' }),
        ...parameters,
      }),
    });
  const ground = { query, address, childAddress, profile, journal };

  const write: Site['write'] = async (method = 'PUT', segments, body, parameters = {}) => {
    const addressed = [...segments.slice(0, 1), ...idsIn(body)].map((id) => address(id));
    holdToOwn(journal, addressed, method === 'DELETE');
    const query = encode({ ViewMode: profile.viewMode, ...parameters });
    const request = { method, path: address(...segments), query, ...(body !== undefined && { body }) };
    const answer = await tried(() => send(request), journal.namesIn(body));
    if (method !== 'DELETE') await noteMade(ground, { method, body }, answer);
    else if (answer.status < 400 && body === undefined) journal.deleted(address(...segments));
    return answer;
  };
  const fresh: Site['fresh'] = (changes = {}, ending = '') => {
    const [first = '', ...others] = profile.key;
    journal.ownName('record', String(changes[first]));
    return {
      [first]: journal.newName('record', ending),
      ...Object.fromEntries(others.map((name) => [name, MARK])),
      ...profile.fill,
      ...changes,
    };
  };
  const make: Site['make'] = async (changes, ending) => {
    const record = fresh(changes, ending);
    const answer = await write('POST', [], record);
    const [id] = writtenIds(answer);
    if (id !== undefined) return id;
    if (answer.status >= 400) throw new CannotTell(`a record could not be made: ${inWords(answer)}`);
    // Some describe documents list 304 for writes that were done.
    const [path] = journal.namesIn(record)[0]?.paths ?? [];
    if (path === undefined) throw new CannotTell(`a record was made and not found: ${inWords(answer)}`);
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  };
  const read: Site['read'] = (id, parameters = {}) =>
    query({ uniformresponse: undefined, ExecutionMode: undefined, ...parameters }, address(id));

  return {
    journal,
    profile,
    send,
    absentId: `1-Z${journal.run.toUpperCase()}Z`,
    query,
    write,
    fresh,
    make,
    address,
    childAddress,
    read,
    search: (searchspec, parameters = {}) => query({ searchspec, ...parameters }),
    freshChild: () => filled(profile.child.record, journal.newName('child')),
    noteBelow(parent, component, id) {
      if (journal.owns(address(parent))) journal.made(address(parent, component, id));
    },
    async call(path, body, parameters = {}) {
      if (path !== `service/${ECHO}`) journal.called(path);
      const named = journal.namesIn(body);
      const request = { method: 'POST', path: pathOf(...path.split('/')), query: encode(parameters), body } as const;
      const answer = await tried(() => send(request), named);
      await Promise.all(named.map((name) => noteFound(ground, name)));
      return answer;
    },
    async gone() {
      const id = await make();
      const answer = await write('DELETE', [id]);
      if (answer.status >= 400) throw new CannotTell(`a record could not be deleted: ${inWords(answer)}`);
      return id;
    },
    found: (named) => noteFound(ground, named),
    condition: (named) => conditionFor(ground, named),
  };
}

type Places = Pick<Ground, 'query' | 'address' | 'childAddress' | 'profile' | 'journal'>;

/** Refuses a write on what this run has not made; a deletion must say what it deletes. */
function holdToOwn(journal: Journal, paths: readonly string[], isDelete: boolean): void {
  if (paths.every(journal.owns) && (!isDelete || paths.length > 0)) return;
  throw new Error('a record that this run has not made must stay as it is');
}

/** Sends a write, and notes for the names in it what became of it. */
async function tried(send: () => Promise<WireAnswer>, named: readonly Named[]): Promise<WireAnswer> {
  const note = (write: Named['write']) => {
    for (const name of named) if (name.write !== 'accepted') name.write = write;
  };
  try {
    const answer = await send();
    note(answer.status < 400 ? 'accepted' : 'refused');
    return answer;
  } catch (error) {
    note('accepted');
    throw error;
  }
}

/** Notes the records of an insert by the Ids of its answer, and all others by looking for their names. */
async function noteMade(
  ground: Places,
  { method, body }: Pick<WireRequest, 'method' | 'body'>,
  answer: WireAnswer,
): Promise<void> {
  const { journal, address } = ground;
  if (answer.status >= 400) return;
  const named = journal.namesIn(body);
  const ids = method === 'POST' ? writtenIds(answer) : [];
  const records = named.filter(({ place }) => place === 'record');
  for (const id of ids) journal.made(address(id), records.length === 1 ? records[0] : undefined);
  if (method === 'POST' && ids.length === 0 && records.length === 0)
    journal.lost('a record without a name of this run: its insert was accepted, and its answer has no Id');
  await Promise.all(named.filter(({ paths }) => paths.size === 0).map((name) => noteFound(ground, name)));
}

/** Looks for a name by equality; notes the records that really have it. What cannot be found now is looked for at the end. */
async function noteFound(ground: Places, named: Named): Promise<void> {
  const { journal, query, profile } = ground;
  const [field, at] = placeOf(ground, named.place);
  try {
    const items = itemsIn(await query({ searchspec: conditionFor({ profile }, named), PageSize: 10 }, at()));
    for (const item of items) {
      // A search that Siebel does not obey gives the records of others.
      if (item[field] === named.name && typeof item['Id'] === 'string') journal.made(at(item['Id']), named);
    }
  } catch {
    return;
  }
}

/** The field that holds the names of a place, and its addresses. */
export function placeOf(
  { profile, address, childAddress }: Pick<Ground, 'profile' | 'address' | 'childAddress'>,
  place: Named['place'],
): readonly [field: string, at: Site['address']] {
  return place === 'record' ? [profile.key[0] ?? '', address] : [profile.child.key, childAddress];
}

function conditionFor({ profile }: Pick<Ground, 'profile'>, { name, place }: Named): string {
  const field = place === 'record' ? profile.key[0] : profile.child.key;
  if (!name.includes('"')) return `[${field}] = "${name}"`;
  // No literal can hold quotes of both kinds for sure.
  return name.includes("'") ? `[${field}] LIKE "${name.replaceAll(/["']/g, '?')}"` : `[${field}] = '${name}'`;
}

/** Ids of records in the body of a write. */
function idsIn(body: unknown): string[] {
  return [body]
    .flat()
    .flatMap((item) => (isItem(item) && typeof item['Id'] === 'string' && item['Id'] !== 'NULL' ? [item['Id']] : []));
}

/** Ids of the records that an insert has answered with, in whatever packing. */
function writtenIds({ json, status }: WireAnswer): string[] {
  return status >= 400 ? [] : idsIn(isItem(json) && 'items' in json ? json['items'] : json);
}

/** A path of these segments, each encoded by itself. */
export function pathOf(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** A query string, blanks as `%20`, under the names that the site has given to its parameters. */
export function queryOf(parameters: Parameters, names: Readonly<Record<string, string>> = {}): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(names[name] ?? name)}=${encodeURIComponent(value)}`],
    )
    .join('&');
}

/** Values with `{unique}` filled in. */
export function filled(record: Readonly<Record<string, string>>, unique: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, value.replaceAll('{unique}', unique)]),
  );
}

/** The value, or the end of the question: this Siebel does not show what it needs. */
export function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new CannotTell(what);
  return value;
}
