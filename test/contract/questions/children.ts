import { idsIn, inWords, isEmpty, isItem, itemsIn, shapeOf } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { filled, needed, type Site } from '../site.ts';

const FILE = Buffer.from('contract-check: a small file\n').toString('base64');

/** Child records, hierarchies and attachments. */
export const CHILDREN: readonly Question[] = [
  {
    id: 'child.read-one',
    asks: 'Is one child record packed like one row?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'items is an object', standIn: { oneRow: 'items object' } },
      { is: 'a bare record', standIn: { oneRow: 'bare record' } },
    ],
    async ask(site) {
      const parent = needed(site.sample.withChildren.one, 'no record with one child record was found');
      const { json, ...rest } = await site.query(
        { uniformresponse: undefined },
        site.address(parent, site.profile.child.name),
      );
      if (!isItem(json)) return inWords({ json, ...rest });
      return 'items' in json ? `items is ${shapeOf(json['items'])}` : 'a bare record';
    },
  },
  {
    id: 'child.read-by-id',
    asks: 'Is a child record found below its own parent only?',
    mark: 'A',
    needs: 'read',
    answers: expects('below its own parent only'),
    async ask(site) {
      const { name } = site.profile.child;
      const parent = needed(site.sample.withChildren.several, 'no record with several child records was found');
      const stranger = needed(site.sample.withChildren.none, 'no record without child records was found');
      const [id = ''] = idsIn(await site.query({}, site.address(parent, name)));
      const [own, other] = await Promise.all([
        site.query({ uniformresponse: undefined }, site.address(parent, name, id)),
        site.query({ uniformresponse: undefined }, site.address(stranger, name, id)),
      ]);
      if (idsIn(own)[0] !== id) return 'not found';
      return isEmpty(other) ? 'below its own parent only' : `below another parent: ${inWords(other)}`;
    },
  },
  {
    id: 'hierarchy.query',
    asks: 'Does QueryHierarchy give a record with its child records, without links?',
    mark: 'D',
    needs: 'read',
    answers: expects('children inside, no links'),
    async ask(site) {
      const record = await withChildren(site, 'several');
      const children = record[site.profile.child.name];
      if (children === undefined) return 'no children inside';
      return record['Link'] === undefined ? 'children inside, no links' : 'children inside, with links';
    },
  },
  {
    id: 'hierarchy.shapes',
    asks: 'How does QueryHierarchy pack no, one and several child records?',
    mark: 'D',
    needs: 'read',
    answers: expects('absent, an object, an array'),
    async ask(site) {
      const packed = await Promise.all(
        (['none', 'one', 'several'] as const).map(async (kind) =>
          shapeOf((await withChildren(site, kind))[site.profile.child.name]),
        ),
      );
      return packed.join(', ');
    },
  },
  {
    id: 'child.put-answer',
    asks: 'What does a PUT of a child record answer?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: 'HTTP 200, the parent, with the Id of the child' },
      { is: 'HTTP 201, the parent only', standIn: { childWriteAnswer: 'parent only' } },
      { is: 'HTTP 200, the parent only', standIn: { childWriteAnswer: 'parent only, 200' } },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
    ],
    async ask(site) {
      const id = await site.make();
      const { name } = site.profile.child;
      const answer = await site.write('PUT', [id, name], site.freshChild());
      if (answer.status >= 300) return inWords(answer);
      const [parent] = itemsIn({ ...answer, status: 200 });
      if (parent?.['Id'] !== id) return `HTTP ${answer.status}, another record`;
      const [child] = [parent[name]].flat();
      const told = isItem(child) && typeof child['Id'] === 'string' ? ', with the Id of the child' : ' only';
      return `HTTP ${answer.status}, the parent${told}`;
    },
  },
  {
    id: 'child.put-several',
    asks: 'Does a PUT with a list of child records answer a bare array with Link as an array?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: [
      { is: 'a bare array, Link an array' },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
      { is: 'refused: no batches', standIn: { batches: false } },
      { is: 'HTTP 201, the parent only', standIn: { childWriteAnswer: 'parent only' } },
      { is: 'HTTP 200, the parent only', standIn: { childWriteAnswer: 'parent only, 200' } },
    ],
    async ask(site) {
      const id = await site.make();
      const { name } = site.profile.child;
      const answer = await site.write('PUT', [id, name], { [name]: [site.freshChild(), site.freshChild()] });
      if (answer.status >= 400) {
        const one = await site.write('PUT', [id, name], site.freshChild());
        if (one.status >= 400) throw new CannotTell(`one child record is refused too: ${inWords(one)}`);
        return 'refused: no batches';
      }
      if (!Array.isArray(answer.json)) {
        const only = isItem(answer.json) && itemsIn({ ...answer, status: 200 })[0]?.['Id'] === id;
        return only ? `HTTP ${answer.status}, the parent only` : inWords(answer);
      }
      return `a bare array, Link ${shapeOf(answer.json.find(isItem)?.['Link'])}`;
    },
  },
  {
    id: 'child.associate',
    asks: 'Does a PUT with the user key of a record that exists link it, many to many, and create none?',
    mark: 'D',
    needs: 'write',
    answers: expects('linked to both'),
    async ask(site) {
      const { name, key } = site.profile.child;
      const child = site.freshChild();
      const [first, second] = [await site.make(), await site.make()];
      await withChild(site, first, child);
      const answer = await site.write('PUT', [second, name], child);
      if (answer.status >= 400) return inWords(answer);
      const [a, b] = await Promise.all(
        [first, second].map(async (id) => idsIn(await site.query({}, site.address(id, name)))),
      );
      const all = itemsIn(await site.query({ searchspec: `[${key}] = "${child[key]}"` }, site.childAddress()));
      if (all.length !== 1) return `${all.length} child records`;
      return a?.join() === b?.join() ? 'linked to both' : 'moved to the second';
    },
  },
  {
    id: 'child.survives-parent',
    asks: 'Does a many-to-many child survive when its parent is deleted?',
    mark: 'D',
    needs: 'write',
    answers: expects('it survives'),
    async ask(site) {
      const { key } = site.profile.child;
      const child = site.freshChild();
      const id = await site.make();
      await withChild(site, id, child);
      const answer = await site.write('DELETE', [id]);
      if (answer.status >= 400) return inWords(answer);
      const left = itemsIn(await site.query({ searchspec: `[${key}] = "${child[key]}"` }, site.childAddress()));
      return left.length === 1 ? 'it survives' : 'it is deleted too';
    },
  },
  {
    id: 'hierarchy.insert',
    asks: 'Does a POST create a record together with its child records?',
    mark: 'D',
    needs: 'write',
    answers: expects('parent and children'),
    async ask(site) {
      const { name } = site.profile.child;
      const record = site.fresh({ [name]: [site.freshChild(), site.freshChild()] });
      const answer = await site.write('POST', [], record);
      if (answer.status >= 400) return inWords(answer);
      const [first = ''] = site.profile.key;
      const [id = ''] = idsIn(await site.search(`[${first}] = "${record[first]}"`));
      const { length } = idsIn(await site.query({}, site.address(id, name)));
      return length === 2 ? 'parent and children' : `parent and ${length} children`;
    },
  },
  {
    id: 'hierarchy.insert-answer',
    asks: 'Does the answer of such an insert name the Ids of the child records?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: 'the parent, with the Ids of the children' },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
    ],
    async ask(site) {
      const { name } = site.profile.child;
      const answer = await site.write('POST', [], site.fresh({ [name]: [site.freshChild(), site.freshChild()] }));
      if (answer.status >= 300) return inWords(answer);
      const [parent] = itemsIn({ ...answer, status: 200 });
      const children = [parent?.[name]].flat().filter(isItem);
      const told = children.length === 2 && children.every((child) => typeof child['Id'] === 'string');
      return `the parent${told ? ', with the Ids of the children' : ' only'}`;
    },
  },
  {
    id: 'hierarchy.all-or-nothing',
    asks: 'Does a child record that is refused keep its parent from being created?',
    mark: 'U',
    needs: 'write',
    answers: [{ is: 'nothing is created' }, { is: 'the parent is created' }],
    async ask(site) {
      const { name } = site.profile.child;
      const [first = ''] = site.profile.key;
      const record = site.fresh({ [name]: { ...site.freshChild(), 'Contract Check None': 'x' } });
      const answer = await site.write('POST', [], record);
      if (answer.status < 400) return inWords(answer);
      const { length } = idsIn(await site.search(`[${first}] = "${record[first]}"`));
      return length === 0 ? 'nothing is created' : 'the parent is created';
    },
  },
  {
    id: 'attachment.write',
    asks: 'Is a file stored that is sent as Base64?',
    mark: 'D',
    needs: 'write',
    answers: expects('stored'),
    async ask(site) {
      const { id } = await attached(site);
      return id === undefined ? 'not stored' : 'stored';
    },
  },
  {
    id: 'attachment.read',
    asks: 'Is a file read as an address, and as Base64 with inlineattachment=true?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: 'an address, and Base64', standIn: { attachmentsInline: true } },
      { is: 'an address, and an address', standIn: { attachmentsInline: false } },
    ],
    async ask(site) {
      const { id, parent } = await attached(site);
      const { name, file } = attachmentOf(site);
      const address = site.address(parent, name, needed(id, 'no attachment could be stored'));
      const read = async (inlineattachment: string | undefined) => {
        const [item] = itemsIn(
          await site.query({ uniformresponse: undefined, ExecutionMode: undefined, inlineattachment }, address),
        );
        const value = String(item?.[file] ?? '');
        if (value.replace(/\s/g, '') === FILE) return 'Base64';
        return /^(https?:)?\//.test(value) ? 'an address' : value === '' ? 'nothing' : 'something else';
      };
      const [plain, inline] = await Promise.all([read(undefined), read('true')]);
      return `${plain}, and ${inline}`;
    },
  },
];

/** Gives a record of this run a child record; ends the question where that cannot be. */
async function withChild(site: Site, id: string, child: Readonly<Record<string, string>>): Promise<void> {
  const { name } = site.profile.child;
  const answer = await site.write('PUT', [id, name], child);
  if (answer.status >= 400) throw new CannotTell(`a child record could not be made: ${inWords(answer)}`);
  if (idsIn(await site.query({}, site.address(id, name))).length !== 1)
    throw new CannotTell('a child record was made and is not found below its parent');
}

async function withChildren(site: Site, kind: 'none' | 'one' | 'several') {
  const id = needed(
    site.sample.withChildren[kind],
    `no record with ${kind === 'none' ? 'no' : kind} child record was found`,
  );
  const [first = ''] = site.profile.key;
  const { name, key } = site.profile.child;
  const [, component = ''] = site.profile.component.split('/');
  const QueryHierarchy = JSON.stringify({
    [component]: { fields: first, searchspec: `([Id]='${id}')`, [name]: { fields: key } },
  });
  const answer = await site.query({
    QueryHierarchy,
    uniformresponse: undefined,
    ChildLinks: undefined,
    ExecutionMode: undefined,
  });
  const [record] = itemsIn(answer);
  if (!record) throw new CannotTell(`QueryHierarchy gave no record: ${inWords(answer)}`);
  return record;
}

function attachmentOf(site: Site) {
  return needed(site.profile.attachment, 'the profile names no child component of files ("attachment")');
}

async function attached(site: Site): Promise<{ parent: string; id: string | undefined }> {
  const { name, record, file } = attachmentOf(site);
  const parent = await site.make();
  const answer = await site.write('PUT', [parent, name], { ...filled(record, 'contract-check'), [file]: FILE });
  if (answer.status >= 400) throw new CannotTell(`a file could not be written: ${inWords(answer)}`);
  const ids = idsIn(await site.query({}, site.address(parent, name)));
  for (const id of ids) site.noteBelow(parent, name, id);
  return { parent, id: ids[0] };
}
