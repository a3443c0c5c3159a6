import { idsIn, inWords, isEmpty, itemsIn, refusal, rowsIn } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { needed, type Site } from '../site.ts';

const REFUSE = "site.quoteEscape: 'refuse'";

/** The search language, sort orders and view modes. */
export const SEARCHES: readonly Question[] = [
  finds(
    'search.double-quotes',
    'May a literal stand in double quotes?',
    'D',
    ({ name, key, id }) => `[${name}] = "${key}" AND [Id] = "${id}"`,
  ),
  finds(
    'search.single-quotes',
    'May a literal stand in single quotes?',
    'D',
    ({ name, key, id }) => `[${name}] = '${key}' AND [Id] = '${id}'`,
  ),
  finds(
    'search.mixed-quotes',
    'May both kinds of quotes stand in one expression?',
    'O',
    ({ name, key, id }) => `[${name}] = "${key}" AND [Id] = '${id}'`,
  ),
  finds(
    'search.case-ignored',
    'Does ~= ignore case?',
    'O',
    ({ name, key, id }) => `[${name}] ~= "${swapped(key)}" AND [Id] = "${id}"`,
  ),
  finds(
    'search.like',
    'Does LIKE with * find by prefix?',
    'D',
    ({ name, key, id }) => `[${name}] LIKE "${key.slice(0, -1)}*" AND [Id] = "${id}"`,
  ),
  finds(
    'search.like-one',
    'Does ? under LIKE stand for one character?',
    'D',
    ({ name, key, id }) => `[${name}] LIKE "${key.slice(0, -1)}?" AND [Id] = "${id}"`,
  ),
  finds(
    'search.like-case-ignored',
    'Does ~LIKE ignore case?',
    'O',
    ({ name, key, id }) => `[${name}] ~LIKE "${swapped(key).slice(0, -1)}*" AND [Id] = "${id}"`,
  ),
  finds(
    'search.precedence',
    'Does AND bind before OR?',
    'D',
    ({ id, absent }) => `[Id] = "${id}" OR [Id] = "${absent}" AND [Id] = "${absent}Z"`,
  ),
  finds(
    'search.not',
    'Do NOT and parentheses work?',
    'D',
    ({ id, absent }) => `NOT ([Id] <> "${id}") AND ([Id] = "${id}" OR [Id] = "${absent}")`,
  ),
  finds(
    'search.null',
    'Do IS NULL and IS NOT NULL work?',
    'D',
    ({ id }) => `[Id] = "${id}" AND [Id] IS NOT NULL AND NOT ([Id] IS NULL)`,
  ),
  finds(
    'search.words-in-any-case',
    'May AND, OR and NOT be written in lower case?',
    'A',
    ({ id, absent }) => `[Id] = "${id}" and not [Id] = "${absent}"`,
  ),
  finds(
    'search.other-quote',
    'May a literal hold quotes of the other kind?',
    'O',
    ({ name, id }) => `[Id] = "${id}" AND [${name}] <> "it's" AND [${name}] <> 'a "b"'`,
  ),
  finds(
    'search.us-date',
    'May a date be written MM/DD/YYYY?',
    'D',
    ({ id, stamp }) => `[Id] = "${id}" AND [${stamp}] > "01/31/1980"`,
  ),
  finds(
    'search.us-date-time',
    'May a date and time be written MM/DD/YYYY HH:MM:SS?',
    'D',
    ({ id, stamp }) =>
      `[Id] = "${id}" AND [${stamp}] > "01/31/1980 13:45:59" AND NOT ([${stamp}] <= "01/31/1980 13:45:59")`,
  ),
  misses(
    'search.case-counts',
    'Does = tell upper from lower case?',
    'O',
    ({ name, key, id }) => `[${name}] = "${swapped(key)}" AND [Id] = "${id}"`,
  ),
  misses(
    'search.like-case-counts',
    'Does LIKE tell upper from lower case?',
    'O',
    ({ name, key, id }) => `[${name}] LIKE "${swapped(key).slice(0, -1)}*" AND [Id] = "${id}"`,
  ),
  misses(
    'search.wildcard-under-equals',
    'Is * under = a plain character?',
    'D',
    ({ name, key, id }) => `[${name}] = "${key.slice(0, -1)}*" AND [Id] = "${id}"`,
  ),
  {
    id: 'search.iso-date',
    asks: 'Is a date in ISO 8601 refused?',
    mark: 'O',
    needs: 'read',
    answers: expects('refused with SBL-DAT-00359'),
    ask: async (site) =>
      refusal(await site.search(`[${site.profile.stamp}] > "2025-03-14T09:26:53Z"`), 'SBL-DAT-00359'),
  },
  {
    id: 'search.unknown-field',
    asks: 'Which code has an unknown field in searchspec?',
    mark: 'O',
    needs: 'read',
    answers: expects('refused with SBL-DAT-00416'),
    ask: async (site) => refusal(await site.search('[Contract Check None] = "x"'), 'SBL-DAT-00416'),
  },
  {
    id: 'search.quote-ends-literal',
    asks: 'Does a quote of the same kind end the literal?',
    mark: 'O',
    needs: 'read',
    answers: [
      { is: 'it ends the literal: what follows is no expression', site: "site.quoteEscape: 'refuse'" },
      { is: 'it stays inside the literal' },
    ],
    async ask(site) {
      const [name] = site.profile.key;
      const { id } = site.plain();
      const answer = await site.search(`[Id] = "${id}" AND [${name}] <> "a"b"`);
      if (answer.status >= 400 && !isEmpty(answer)) return 'it ends the literal: what follows is no expression';
      return idsIn(answer)[0] === id ? 'it stays inside the literal' : inWords(answer);
    },
  },
  {
    id: 'search.quote-doubled',
    asks: 'Does a doubled quote stand for one, for whatever stands in the literal?',
    mark: 'U',
    needs: 'write',
    answers: [
      { is: 'no: refused', site: REFUSE, standIn: { quoteEscape: 'none' } },
      { is: 'yes', site: "site.quoteEscape: 'doubling'", standIn: { quoteEscape: 'doubling' } },
      { is: 'no: the record is not found', site: REFUSE },
      { is: 'no: other records are found', site: REFUSE },
      { is: 'no: hostile values open the literal', site: REFUSE },
    ],
    ask: quoteDoubled,
  },
  {
    id: 'search.broken',
    asks: 'Is a search specification that cannot be read refused, and never taken for "no rows"?',
    mark: 'A',
    needs: 'read',
    answers: expects('refused'),
    async ask(site) {
      const found = refusal(await site.search(`([Id] = "${site.absentId}"`));
      return found.startsWith('refused') ? 'refused' : found;
    },
  },
  {
    id: 'search.exists',
    asks: 'Does EXISTS search the rows of a multi-value field?',
    mark: 'D',
    needs: 'read',
    answers: expects('it finds the record'),
    async ask(site) {
      const field = needed(site.profile.multiValue, 'the profile names no multi-value field ("multiValue")');
      const parent = needed(site.sample.withChildren.several, 'no record with several child records was found');
      const answer = await site.search(`[Id] = "${parent}" AND EXISTS ([${field}] IS NOT NULL)`);
      return idsIn(answer)[0] === parent ? 'it finds the record' : inWords(answer);
    },
  },
  {
    id: 'sort.directions',
    asks: 'Does sortspec sort both ways?',
    mark: 'D',
    needs: 'read',
    answers: expects('one is the reverse of the other'),
    async ask(site) {
      const [up, down] = await Promise.all([sortedIds(site, 'Id:asc'), sortedIds(site, 'Id:desc')]);
      const isReverse = up.length > 1 && [...up].reverse().join() === down.join();
      return isReverse ? 'one is the reverse of the other' : 'in no such order';
    },
  },
  {
    id: 'sort.default-direction',
    asks: 'Is a sort without direction ascending?',
    mark: 'D',
    needs: 'read',
    answers: expects('ascending'),
    async ask(site) {
      const [plain, down] = await Promise.all([sortedIds(site, 'Id'), sortedIds(site, 'Id:desc')]);
      return [...plain].reverse().join() === down.join() ? 'ascending' : 'in another order';
    },
  },
  {
    id: 'sort.blanks',
    asks: 'May blanks stand around the signs of sortspec?',
    mark: 'D',
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const [tight, loose] = await Promise.all([
        sortedIds(site, `${site.profile.stamp}:desc,Id:desc`),
        sortedIds(site, ` ${site.profile.stamp} : desc , Id : desc `),
      ]);
      return tight.join() === loose.join() ? 'yes' : 'no';
    },
  },
  {
    id: 'sort.unknown-field',
    asks: 'Is an unknown field in sortspec refused?',
    mark: 'A',
    needs: 'read',
    answers: expects('refused'),
    async ask(site) {
      const found = refusal(await site.query({ sortspec: 'Contract Check None:asc', PageSize: 1 }));
      return found.startsWith('refused') ? 'refused' : found;
    },
  },
  {
    id: 'view.default',
    asks: 'Is Sales Rep the view mode when none is sent?',
    mark: 'D',
    needs: 'read',
    answers: expects('Sales Rep'),
    async ask(site) {
      const rows = async (ViewMode: string | undefined) =>
        rowsIn(await site.query({ ViewMode, PageSize: 5, sortspec: 'Id:asc' }));
      const [none, salesRep, full] = await Promise.all([
        rows(undefined),
        rows('Sales Rep'),
        rows(site.profile.viewMode),
      ]);
      if (salesRep === full)
        throw new CannotTell('the user sees as much in Sales Rep as in the view mode of the profile');
      return none === salesRep ? 'Sales Rep' : 'another one';
    },
  },
  {
    id: 'view.technical-user',
    asks: 'Does a technical user see nothing in Sales Rep?',
    mark: 'O',
    needs: 'read',
    answers: expects('nothing'),
    ask: async (site) => (isEmpty(await site.query({ ViewMode: 'Sales Rep' })) ? 'nothing' : 'records'),
  },
  {
    id: 'view.by-id',
    asks: 'Does the view mode count for reads by row id, and look like "no rows"?',
    mark: 'O',
    needs: 'read',
    answers: expects('hidden, as if there were none'),
    async ask(site) {
      const { id } = site.plain();
      if (!isEmpty(await site.search(`[Id] = "${id}"`, { ViewMode: 'Sales Rep' })))
        throw new CannotTell('Sales Rep shows this record');
      const answer = await site.read(id, { ViewMode: 'Sales Rep' });
      return isEmpty(answer) ? 'hidden, as if there were none' : inWords(answer);
    },
  },
  {
    id: 'view.quoted',
    asks: 'May the view mode stand in quotes, as in some samples?',
    mark: 'D',
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const { id } = site.plain();
      const answer = await site.search(`[Id] = "${id}"`, { ViewMode: `"${site.profile.viewMode}"` });
      return idsIn(answer)[0] === id ? 'yes' : isEmpty(answer) ? 'no: no rows' : `no: ${inWords(answer)}`;
    },
  },
  {
    id: 'view.unknown',
    asks: 'Is an unknown view mode refused?',
    mark: 'U',
    needs: 'read',
    answers: expects('refused'),
    async ask(site) {
      const found = refusal(await site.query({ ViewMode: 'Contract Check', PageSize: 1 }));
      return found.startsWith('refused') ? 'refused' : found;
    },
  },
];

interface Known {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly stamp: string;
  readonly absent: string;
}

/** A search that must find one known record. Each names its Id: a search for a name alone could find very many. */
function finds(id: string, asks: string, mark: Question['mark'], specification: (known: Known) => string): Question {
  return {
    id,
    asks,
    mark,
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const known = knownOf(site);
      const answer = await site.search(specification(known));
      return idsIn(answer).includes(known.id) ? 'yes' : isEmpty(answer) ? 'no: no rows' : `no: ${inWords(answer)}`;
    },
  };
}

/** A search that must find no record, and that Siebel must understand. */
function misses(id: string, asks: string, mark: Question['mark'], specification: (known: Known) => string): Question {
  return {
    id,
    asks,
    mark,
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const known = knownOf(site);
      const answer = await site.search(specification(known));
      if (isEmpty(answer)) return 'yes';
      return idsIn(answer).includes(known.id) ? 'no' : `no: ${inWords(answer)}`;
    },
  };
}

function knownOf(site: Site): Known {
  const [name = ''] = site.profile.key;
  return { ...site.plain(), name, stamp: site.profile.stamp, absent: site.absentId };
}

/**
 * Stores a name with quotes of both kinds, and what a parser without the escape could take for it. Only one that finds the
 * one and never another, and that no hostile value opens, may be trusted with doubled quotes.
 */
async function quoteDoubled(site: Site): Promise<string> {
  const [name = ''] = site.profile.key;
  const bait = String(site.fresh()[name]);
  const id = await site.make({}, ` 'p' "q" z`);
  const stored = String(itemsIn(await site.read(id))[0]?.[name]);
  if (!stored.endsWith(` 'p' "q" z`)) throw new CannotTell('a name with quotes is not kept as it is');
  const start = stored.slice(0, stored.indexOf('"'));
  // A parser that ends the literal at the first quote, or joins the parts of several, finds one of these.
  for (const other of [start, start.trimEnd(), stored.replaceAll('"', ''), stored.replaceAll('"q"', '""q""')])
    await site.write('POST', [], site.fresh({ [name]: other }));
  await site.make({ [name]: bait });

  const found = await site.search(`[${name}] = ${doubled(stored)}`);
  if (found.status >= 400 && !isEmpty(found)) return 'no: refused';
  const ids = idsIn(found);
  if (ids.length === 0) return 'no: the record is not found';
  if (ids.join() !== id) return 'no: other records are found';
  for (const hostile of hostileValues(name, bait)) {
    for (const specification of [`[${name}] = ${doubled(hostile)}`, `([${name}] = ${doubled(hostile)})`]) {
      if (!isEmpty(await site.search(specification))) return 'no: hostile values open the literal';
    }
  }
  return 'yes';
}

/** Values that no record has; where the literal can be opened, they find the record whose name is `bait`. */
function hostileValues(name: string, bait: string): readonly string[] {
  const wide = `[${name}] = "${bait}`;
  return [
    `it's" OR ${wide}`,
    `" OR ${wide}' OR '' = '`,
    `it's"" OR ${wide}`,
    `it's") OR (${wide}`,
    `it's") OR ([${name}] = '${bait}') OR ("a`,
    `'" OR [${name}] = '${bait}' OR "`,
  ];
}

function doubled(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

async function sortedIds(site: Site, sortspec: string): Promise<readonly string[]> {
  const ids = site.sample.records.slice(0, 6).map(({ Id: id }) => `[Id] = "${id}"`);
  if (ids.length < 2) throw new CannotTell('too few records');
  return idsIn(await site.search(ids.join(' OR '), { sortspec }));
}

function swapped(text: string): string {
  if (!/[A-Za-z]/.test(text)) throw new CannotTell('the keys of the first records have no letters');
  return [...text]
    .map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()))
    .join('');
}
