import { type Item, inWords, isEmpty, isItem, itemsIn } from './answers.ts';
import { MARK } from './journal.ts';
import { CannotTell, Seen } from './question.ts';
import { type Ground, type Sample, type Site, siteOf } from './site.ts';
import type { WireAnswer } from './wire.ts';

/** A key that every kind of literal holds as it is: no quote, no wildcard, no sign of the search language. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N} .,&/+-]{0,78}[\p{L}\p{N}]$/u;
const LETTERS = /[A-Za-z]/;
/** Records looked at for their child records, so many at a time. */
const PARENTS = 40;
const AT_ONCE = 4;

/** The component cannot be asked about: says what may be wrong. */
export class WrongComponent extends Error {
  override readonly name = 'WrongComponent';
}

/** Finds what the questions begin from; with `write`, makes what is not there. */
export async function sampled(ground: Ground, { write }: { write: boolean }): Promise<Site> {
  const first = await firstPage(ground);
  const whole = write ? await withWholeKey(ground, first) : ground;
  const records = [...first, ...(LETTERS.test(plainOf(whole, first)?.key ?? '') ? [] : await further(whole))];
  const known = plainOf(whole, records);
  const plain = (write && !LETTERS.test(known?.key ?? '') ? await madePlain(whole) : undefined) ?? known;
  const children = await childRecords(whole);
  const withChildren = write
    ? await madeParents(whole, records, children)
    : await foundParents(whole, records, children);
  const sample: Sample = { records, plain, plus: plusOf(whole, records, children), withChildren };
  return {
    ...whole,
    sample,
    plain() {
      if (!plain) throw new CannotTell(`no record whose ${whole.profile.key[0]} is plain text`);
      return plain;
    },
  };
}

/** Members that the key needs besides those of the profile, with values that other records have. */
export function moreOfKey({ keyMore }: Ground['profile'], records: readonly Item[]): Readonly<Record<string, string>> {
  const values = keyMore.map((name) => {
    const value = records.map((item) => item[name]).find((text) => typeof text === 'string' && text !== '');
    return [name, value] as const;
  });
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

async function firstPage(ground: Ground): Promise<readonly Item[]> {
  const { profile } = ground;
  const { component, viewMode } = profile;
  let page = await ground.query({ PageSize: 100 });
  // An administrator may have set a smaller limit, above which a page is refused.
  for (const PageSize of [50, 10]) {
    if (page.status >= 400 && !isEmpty(page)) page = await ground.query({ PageSize });
  }
  if (page.status >= 400 && !isEmpty(page)) throw new WrongComponent(whatFailed(page, ground));
  const records = itemsIn(page);
  if (records.length === 0) {
    throw new WrongComponent(
      `${component} shows no record in view mode ${viewMode}: is the component's name right, may the user see any?`,
    );
  }
  const named = { key: profile.key[0] ?? '', stamp: profile.stamp };
  for (const [member, field] of Object.entries(named)) {
    if (records.some((item) => field in item)) continue;
    throw new WrongComponent(
      `${component} shows no field "${field}": name the fields of this component in a --profile ("${member}")`,
    );
  }
  return records;
}

function whatFailed(page: WireAnswer, { profile }: Ground): string {
  const { component, viewMode } = profile;
  const hint =
    page.status === 404
      ? 'is the context path of --siebel right (/siebel/v1.0 in most places), and the name given with --component?'
      : page.codes.some((code) => /^SBL-EAI-50(257|297|238)$/.test(code))
        ? `is ${component} the name, and is the object enabled for REST (--component)?`
        : `may the user use the view mode ${viewMode} (--view-mode), and is ${component} the name (--component)?`;
  return `Siebel answered the first query with ${inWords(page)}: ${hint}`;
}

/** The same ground, its new records with all fields that the user key needs here. */
async function withWholeKey(ground: Ground, records: readonly Item[]): Promise<Ground> {
  const { profile, send, journal } = ground;
  const more = moreOfKey(profile, records);
  if (Object.keys(more).length === 0) return ground;
  const { codes } = await ground.write('PUT', [], ground.fresh());
  if (!codes.includes('SBL-EAI-04397')) return ground;
  return siteOf({ send, journal, profile: { ...profile, fill: { ...more, ...profile.fill } } });
}

/** Records behind those whose keys begin with digits and signs. */
async function further(ground: Ground): Promise<readonly Item[]> {
  const [name = ''] = ground.profile.key;
  return quietly(ground.search(`[${name}] >= "A"`, { PageSize: 20, ExecutionMode: 'ForwardOnly' }));
}

function plainOf({ profile }: Ground, records: readonly Item[]): Sample['plain'] {
  const [name = ''] = profile.key;
  const plain = records.filter((item) => PLAIN.test(String(item[name])) && !String(item[name]).startsWith(MARK));
  const found = plain.find((item) => LETTERS.test(String(item[name]))) ?? plain[0];
  return found && { id: String(found['Id']), key: String(found[name]) };
}

async function madePlain(ground: Ground): Promise<Sample['plain']> {
  const id = await ground.make();
  const [item] = await quietly(ground.read(id));
  const [name = ''] = ground.profile.key;
  return item && { id, key: String(item[name]) };
}

function plusOf(ground: Ground, records: readonly Item[], children: readonly Item[]): Sample['plus'] {
  const plus = (items: readonly Item[]) => items.map(({ Id: id }) => String(id)).find((id) => id.includes('+'));
  const [id, childId] = [plus(records), plus(children)];
  if (id !== undefined) return { id, component: ground.address() };
  return childId === undefined ? undefined : { id: childId, component: ground.childAddress() };
}

/** Records of the child component, whosever children they are. */
function childRecords(ground: Ground): Promise<readonly Item[]> {
  return quietly(ground.query({ PageSize: 50 }, ground.childAddress()));
}

/** Ids of records whose child records were seen, those with most of them first, then of any. */
function likelyParents({ profile }: Ground, records: readonly Item[], children: readonly Item[]): readonly string[] {
  const { parent } = profile.child;
  const counts = new Map<string, number>();
  for (const child of parent === undefined ? [] : children) {
    const id = child[parent ?? ''];
    if (typeof id === 'string' && id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, one], [, other]) => other - one).map(([id]) => id);
  const likely = [...byCount.slice(0, PARENTS / 4), ...byCount.slice(-PARENTS / 4)];
  return [...new Set([...likely, ...records.map(({ Id: id }) => String(id))])].slice(0, PARENTS);
}

async function foundParents(
  ground: Ground,
  records: readonly Item[],
  children: readonly Item[],
): Promise<Sample['withChildren']> {
  const found: { none?: string; one?: string; several?: string } = {};
  const ids = likelyParents(ground, records, children);
  for (let at = 0; at < ids.length && !(found.none && found.one && found.several); at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    const counts = await Promise.all(some.map((id) => childrenOf(ground, id)));
    counts.forEach((count, index) => {
      if (count === 0) found.none ??= some[index] as string;
      if (count === 1) found.one ??= some[index] as string;
      if (count !== undefined && count > 1) found.several ??= some[index] as string;
    });
  }
  return found;
}

async function childrenOf(ground: Ground, id: string): Promise<number | undefined> {
  try {
    return itemsIn(await ground.query({}, ground.address(id, ground.profile.child.name))).length;
  } catch (error) {
    if (error instanceof Seen) return undefined;
    throw error;
  }
}

/** Records of this run with no, one and two children; what cannot be made is looked for. */
async function madeParents(
  ground: Ground,
  records: readonly Item[],
  children: readonly Item[],
): Promise<Sample['withChildren']> {
  const withThese = async (count: number): Promise<string | undefined> => {
    const id = await ground.make();
    for (let number = 0; number < count; number += 1) {
      const answer = await ground.write('PUT', [id, ground.profile.child.name], ground.freshChild());
      if (answer.status >= 400) return undefined;
    }
    return id;
  };
  const [none, one, several] = [await withThese(0), await withThese(1), await withThese(2)];
  if (one === undefined || several === undefined) return foundParents(ground, records, children);
  return { ...(none !== undefined && { none }), one, several };
}

/** The records of an answer, none when it is no list. */
async function quietly(answer: Promise<WireAnswer>): Promise<readonly Item[]> {
  try {
    return itemsIn(await answer).filter(isItem);
  } catch (error) {
    if (error instanceof Seen) return [];
    throw error;
  }
}
