import { idsIn, inWords, isEmpty, isItem, itemsIn, linksOf, refusal, shapeOf, valuesOf } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { needed, type Site } from '../site.ts';

const NO_DATA = 'There is no data for the requested resource';

const EMPTY_ANSWERS: Question['answers'] = [
  { is: '404 with the no-data text', standIn: { emptyAnswer: '404' } },
  { is: '404 with the no-data text and a full stop', standIn: { emptyAnswer: '404 with full stop' } },
  { is: '404 with the no-data text, as a problem document', standIn: { emptyAnswer: '404', problemFormat: true } },
  { is: '204', standIn: { emptyAnswer: '204' } },
  { is: '200 with an empty list', standIn: { emptyAnswer: 'empty items' } },
];

/** Empty answers, the packing of records, their values, and the fields of a record. */
export const SHAPES: readonly Question[] = [
  {
    id: 'empty.no-rows',
    asks: 'What is answered to a query without rows?',
    mark: 'O',
    needs: 'read',
    answers: EMPTY_ANSWERS,
    ask: async (site) => emptyInWords(await site.search(`[Id] = "${site.absentId}"`, { uniformresponse: undefined })),
  },
  {
    id: 'empty.uniform',
    asks: 'Does uniformresponse=y change the answer to a query without rows?',
    mark: 'O',
    needs: 'read',
    answers: EMPTY_ANSWERS,
    ask: async (site) => emptyInWords(await site.search(`[Id] = "${site.absentId}"`)),
  },
  {
    id: 'empty.unknown-id',
    asks: 'What is answered to a read by an unknown row id?',
    mark: 'O',
    needs: 'read',
    answers: EMPTY_ANSWERS,
    ask: async (site) => emptyInWords(await site.read(site.absentId)),
  },
  {
    id: 'empty.code',
    asks: 'Is there a Siebel code in the answer to a query without rows?',
    mark: 'O',
    needs: 'read',
    answers: expects('none'),
    async ask(site) {
      const { codes, status } = await site.search(`[Id] = "${site.absentId}"`);
      return codes.length > 0 ? codes.join(' ') : status >= 500 ? `HTTP ${status}` : 'none';
    },
  },
  {
    id: 'empty.children',
    asks: 'Is a child collection without rows an empty answer too?',
    mark: 'O',
    needs: 'read',
    answers: expects('empty'),
    async ask(site) {
      const parent = needed(site.sample.withChildren.none, 'no record without child records was found');
      const answer = await site.query({}, site.address(parent, site.profile.child.name));
      return isEmpty(answer) ? 'empty' : inWords(answer);
    },
  },
  {
    id: 'shape.one-row',
    asks: 'How is one row packed when uniformresponse is not asked for?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'items is an object', standIn: { oneRow: 'items object' } },
      { is: 'a bare record', standIn: { oneRow: 'bare record' } },
    ],
    ask: (site) => onePacked(site, undefined),
  },
  {
    id: 'shape.one-row-uniform',
    asks: 'Is one row a list with uniformresponse=y?',
    mark: 'D',
    needs: 'read',
    since: '18.12',
    answers: [
      { is: 'items is an array', standIn: { uniformResponse: true } },
      { is: 'items is an object', standIn: { uniformResponse: false } },
      { is: 'a bare record', standIn: { uniformResponse: false, oneRow: 'bare record' } },
    ],
    ask: (site) => onePacked(site, 'y'),
  },
  {
    id: 'shape.uniform-spellings',
    asks: 'Are Y and yes the same as y?',
    mark: 'D',
    needs: 'read',
    since: '18.12',
    answers: [
      { is: 'items is an array, items is an array' },
      { is: 'items is an object, items is an object', standIn: { uniformResponse: false } },
      { is: 'a bare record, a bare record', standIn: { uniformResponse: false, oneRow: 'bare record' } },
    ],
    ask: async (site) => `${await onePacked(site, 'Y')}, ${await onePacked(site, 'yes')}`,
  },
  {
    id: 'shape.several-rows',
    asks: 'How are several rows packed?',
    mark: 'D',
    needs: 'read',
    answers: expects('items is an array, Link an array'),
    async ask(site) {
      if (site.sample.records.length < 2) throw new CannotTell('too few records');
      const { json, ...rest } = await site.query({ uniformresponse: undefined, PageSize: 2 });
      if (!isItem(json)) return inWords({ json, ...rest });
      const link = shapeOf(json['Link']);
      // A list's own link is printed as one object by some guides.
      return `items is ${shapeOf(json['items'])}, Link ${link}`;
    },
  },
  {
    id: 'shape.by-id',
    asks: 'How is a record packed that is read by its row id?',
    mark: 'D',
    needs: 'read',
    answers: expects('a bare record, Link an array'),
    async ask(site) {
      const { json, ...rest } = await site.read(site.plain().id);
      if (!isItem(json) || json['Id'] === undefined) return inWords({ json, ...rest });
      return `a bare record, Link ${shapeOf(json['Link'])}`;
    },
  },
  {
    id: 'shape.content-type',
    asks: 'Which content type has an answer?',
    mark: 'D',
    needs: 'read',
    answers: expects('application/json'),
    async ask(site) {
      const { headers } = await site.query({ PageSize: 1 });
      return String(headers['content-type']).split(';')[0]?.trim() ?? 'none';
    },
  },
  {
    id: 'values.text',
    asks: 'Is every value text, numbers and flags too?',
    mark: 'O',
    needs: 'read',
    answers: expects('text'),
    async ask(site) {
      const records = itemsIn(await site.query({ PageSize: 10 }));
      const others = records.flatMap(valuesOf).filter(([, value]) => typeof value !== 'string');
      return others.length === 0 ? 'text' : `${others.length} values that are no text`;
    },
  },
  {
    id: 'values.unset',
    asks: 'What does a field hold that is not set?',
    mark: 'D',
    needs: 'read',
    answers: expects('empty text'),
    async ask(site) {
      const records = itemsIn(await site.query({ PageSize: 50 }));
      const values = records.flatMap(valuesOf).map(([, value]) => value);
      if (values.includes('')) return 'empty text';
      if (values.includes(null)) return 'null';
      if (new Set(records.map((item) => Object.keys(item).length)).size > 1) return 'nothing: the member is left out';
      throw new CannotTell('every field of the first records is set');
    },
  },
  {
    id: 'values.exclude-empty',
    asks: 'Does excludeEmptyFieldsInResponse=true leave out members that are not set?',
    mark: 'D',
    needs: 'read',
    answers: expects('left out'),
    async ask(site) {
      const full = itemsIn(await site.query({ PageSize: 50 }));
      const empty = full.find((item) => valuesOf(item).some(([, value]) => value === ''));
      const id = String(needed(empty, 'every field of the first records is set')['Id']);
      const [sparse] = itemsIn(await site.search(`[Id] = "${id}"`, { excludeEmptyFieldsInResponse: 'true' }));
      if (!sparse) return 'no record came';
      return valuesOf(sparse).some(([, value]) => value === '') ? 'kept' : 'left out';
    },
  },
  {
    id: 'values.date-time',
    asks: 'How is a date and time written?',
    mark: 'O',
    needs: 'read',
    answers: [{ is: 'MM/DD/YYYY HH:MM:SS' }, { is: 'ISO 8601' }],
    async ask(site) {
      const { stamp } = site.profile;
      const values = itemsIn(await site.query({ PageSize: 20 })).map((item) => item[stamp]);
      const text = needed(
        values.find((value) => typeof value === 'string' && value !== ''),
        `no record shows ${stamp}`,
      );
      if (/^\d{4}-\d\d-\d\d[T ]/.test(String(text))) return 'ISO 8601';
      return /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/.test(String(text)) ? 'MM/DD/YYYY HH:MM:SS' : 'in another way';
    },
  },
  {
    id: 'fields.subset',
    asks: 'Does "fields" give the fields that it names, and Id?',
    mark: 'D',
    needs: 'read',
    answers: expects('those and Id'),
    async ask(site) {
      const [name = ''] = site.profile.key;
      const [item] = itemsIn(await site.query({ fields: name, PageSize: 1 }));
      const members = Object.keys(item ?? {}).filter((member) => member !== 'Link');
      return members.sort().join() === ['Id', name].sort().join() ? 'those and Id' : `${members.length} members`;
    },
  },
  {
    id: 'fields.blanks',
    asks: 'May blanks follow the commas of "fields"?',
    mark: 'D',
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const [name = ''] = site.profile.key;
      const answer = await site.query({ fields: `${name}, ${site.profile.stamp}`, PageSize: 1 });
      const [item] = answer.status === 200 ? itemsIn(answer) : [];
      return item && site.profile.stamp in item && name in item ? 'yes' : `no: ${inWords(answer)}`;
    },
  },
  {
    id: 'fields.unknown',
    asks: 'Which code has an unknown field in "fields"?',
    mark: 'O',
    needs: 'read',
    answers: expects('refused with SBL-EAI-50258'),
    ask: async (site) => refusal(await site.query({ fields: 'Contract Check None' }), 'SBL-EAI-50258'),
  },
  {
    id: 'fields.vocabulary',
    asks: 'Does "fields" take the names of the payload, and not those of the business component?',
    mark: 'O',
    needs: 'read',
    answers: expects('payload names only'),
    async ask(site) {
      const { payload, component } = renamed(site);
      const [right, wrong] = await Promise.all([
        site.query({ fields: payload, PageSize: 1 }),
        site.query({ fields: component, PageSize: 1 }),
      ]);
      if (idsIn(right).length === 1 && refusal(wrong, 'SBL-EAI-50258') === 'refused with SBL-EAI-50258')
        return 'payload names only';
      return `payload name: ${inWords(right)}; component name: ${inWords(wrong)}`;
    },
  },
  {
    id: 'fields.search-vocabulary',
    asks: 'Does searchspec take the names of the business component, and not those of the payload?',
    mark: 'O',
    needs: 'read',
    answers: expects('component names only'),
    async ask(site) {
      const { payload, component } = renamed(site);
      const { id } = site.plain();
      const [right, wrong] = await Promise.all([
        site.search(`[Id] = "${id}" AND ([${component}] IS NULL OR [${component}] IS NOT NULL)`),
        site.search(`[Id] = "${id}" AND ([${payload}] IS NULL OR [${payload}] IS NOT NULL)`),
      ]);
      if (idsIn(right).length === 1 && refusal(wrong, 'SBL-DAT-00416') === 'refused with SBL-DAT-00416')
        return 'component names only';
      return `component name: ${inWords(right)}; payload name: ${inWords(wrong)}`;
    },
  },
  {
    id: 'links.none',
    asks: 'Does ChildLinks=None leave out the links to children, and keep "self"?',
    mark: 'O',
    needs: 'read',
    answers: expects('no child links, self stays'),
    async ask(site) {
      const rels = await relsOf(site, { ChildLinks: 'None' });
      return `${rels.includes('child') ? 'child links' : 'no child links'}, ${rels.includes('self') ? 'self stays' : 'no self'}`;
    },
  },
  {
    id: 'links.all',
    asks: 'Are there links to children when ChildLinks is not sent?',
    mark: 'D',
    needs: 'read',
    answers: expects('yes'),
    ask: async (site) => ((await relsOf(site, { ChildLinks: undefined })).includes('child') ? 'yes' : 'no'),
  },
  {
    id: 'links.named',
    asks: 'Does ChildLinks give the links that it names, and no others?',
    mark: 'D',
    needs: 'read',
    answers: expects('that one'),
    async ask(site) {
      const { name } = site.profile.child;
      const [item] = itemsIn(await site.read(site.plain().id, { ChildLinks: name }));
      const children = linksOf(item ?? {}).filter(({ rel }) => rel === 'child');
      return children.length === 1 && children[0]?.['name'] === name ? 'that one' : `${children.length} child links`;
    },
  },
  {
    id: 'links.parent',
    asks: 'Does a child record link to its parent?',
    mark: 'O',
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const parent = needed(site.sample.withChildren.several, 'no record with several child records was found');
      const [item] = itemsIn(
        await site.query({ ChildLinks: undefined }, site.address(parent, site.profile.child.name)),
      );
      return linksOf(item ?? {}).some(({ rel }) => rel === 'parent') ? 'yes' : 'no';
    },
  },
];

async function relsOf(site: Site, parameters: Readonly<Record<string, string | undefined>>): Promise<unknown[]> {
  const [item] = itemsIn(await site.read(site.plain().id, parameters));
  return linksOf(item ?? {}).map(({ rel }) => rel);
}

async function onePacked(site: Site, uniformresponse: string | undefined): Promise<string> {
  const { json, ...rest } = await site.search(`[Id] = "${site.plain().id}"`, { uniformresponse });
  if (!isItem(json)) return inWords({ json, ...rest });
  if (!('items' in json)) return json['Id'] === undefined ? inWords({ json, ...rest }) : 'a bare record';
  return `items is ${shapeOf(json['items'])}`;
}

function emptyInWords(answer: Parameters<typeof isEmpty>[0]): string {
  const { status, json, text } = answer;
  if (!isEmpty(answer)) return inWords(answer);
  if (status !== 404) return status === 204 ? '204' : '200 with an empty list';
  const said = isItem(json) ? json['ERROR'] : undefined;
  if (said === NO_DATA) return '404 with the no-data text';
  if (said === `${NO_DATA}.`) return '404 with the no-data text and a full stop';
  return isItem(json) && 'title' in json && text.includes(NO_DATA)
    ? '404 with the no-data text, as a problem document'
    : inWords(answer);
}

function renamed(site: Site): { readonly payload: string; readonly component: string } {
  return needed(site.profile.renamed, 'the profile names no field with two names ("renamed")');
}
