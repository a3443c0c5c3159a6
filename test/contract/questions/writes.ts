import { inWords, isItem, itemsIn, refusal, shapeOf, writtenIn } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { moreOfKey } from '../sample.ts';
import type { Site } from '../site.ts';
import type { WireAnswer } from '../wire.ts';

export const NOT_UNIQUE = 'no unique(…) around these fields: Siebel takes them twice';

/** Writes of single records. Each question works on records of its own. */
export const WRITES: readonly Question[] = [
  {
    id: 'write.post-answer',
    asks: 'What does an insert answer?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: '200, items is an object with Id and Link as an object' },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
    ],
    ask: async (site) => writtenInWords(await site.write('POST', [], site.fresh())),
  },
  {
    id: 'write.put-answer',
    asks: 'What does a PUT by the user key answer, when it creates?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: '200, items is an object with Id and Link as an object' },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
    ],
    ask: async (site) => writtenInWords(await site.write('PUT', [], site.fresh())),
  },
  {
    id: 'write.uniform-answer',
    asks: 'Does uniformresponse=y make items a list in the answer of a write?',
    mark: 'O',
    needs: 'write',
    since: '18.12',
    answers: [
      { is: 'an array' },
      { is: 'an object', standIn: { uniformResponse: false } },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
    ],
    async ask(site) {
      const answer = await site.write('PUT', [], site.fresh(), { uniformresponse: 'y' });
      return isItem(answer.json) && answer.status === 200 ? shapeOf(answer.json['items']) : inWords(answer);
    },
  },
  {
    id: 'write.key-finds-again',
    asks: 'Does a second PUT with the same user key change the same record?',
    mark: 'D',
    needs: 'write',
    answers: expects('the same record'),
    async ask(site) {
      const record = site.fresh();
      await site.write('PUT', [], record);
      await site.write('PUT', [], { ...record, [site.profile.optional]: '+44 1 234' });
      const found = itemsIn(await byKey(site, record));
      return found.length === 1 ? 'the same record' : `${found.length} records`;
    },
  },
  {
    id: 'write.key-not-unique',
    asks: 'What becomes of a second insert with the same user key?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: 'refused with SBL-EAI-04383, HTTP 409', standIn: { uniqueKeys: true, duplicateStatus: 409 } },
      { is: 'refused with SBL-EAI-04383, HTTP 500', standIn: { uniqueKeys: true, duplicateStatus: 500 } },
      { is: 'a second record', site: NOT_UNIQUE, standIn: { uniqueKeys: false } },
    ],
    async ask(site) {
      const record = site.fresh();
      await site.write('POST', [], record);
      const second = await site.write('POST', [], record);
      if (second.status >= 400) return `${refusal(second, 'SBL-EAI-04383')}, HTTP ${second.status}`;
      return itemsIn(await byKey(site, record)).length === 2 ? 'a second record' : 'accepted, and still one record';
    },
  },
  {
    id: 'write.partial',
    asks: 'Does a PUT keep the fields that it does not send?',
    mark: 'D',
    needs: 'write',
    answers: expects('kept'),
    async ask(site) {
      const { optional, key } = site.profile;
      const id = await site.make({ [optional]: '+44 1 234' });
      await site.write('PUT', [id], { [key[0] ?? '']: site.fresh()[key[0] ?? ''] });
      return String((await recordOf(site, id))[optional]) === '' ? 'lost' : 'kept';
    },
  },
  {
    id: 'write.by-id',
    asks: 'Does a PUT by row id change that record?',
    mark: 'D',
    needs: 'write',
    answers: expects('changed'),
    async ask(site) {
      const { optional } = site.profile;
      const id = await site.make();
      const answer = await site.write('PUT', [id], { [optional]: '+44 1 235' });
      if (answer.status >= 400) return inWords(answer);
      return /1.?235$/.test(String((await recordOf(site, id))[optional])) ? 'changed' : 'not changed';
    },
  },
  {
    id: 'write.empty-unsets',
    asks: 'Does empty text unset a field?',
    mark: 'D',
    needs: 'write',
    answers: expects('unset'),
    async ask(site) {
      const { optional } = site.profile;
      const id = await site.make({ [optional]: '+44 1 234' });
      await site.write('PUT', [id], { [optional]: '' });
      return String((await recordOf(site, id))[optional] ?? '') === '' ? 'unset' : 'kept';
    },
  },
  {
    id: 'write.null',
    asks: 'Does null unset a field?',
    mark: 'A',
    needs: 'write',
    answers: expects('unset'),
    async ask(site) {
      const { optional } = site.profile;
      const id = await site.make({ [optional]: '+44 1 234' });
      const answer = await site.write('PUT', [id], { [optional]: null });
      if (answer.status >= 400) return inWords(answer);
      return String((await recordOf(site, id))[optional] ?? '') === '' ? 'unset' : 'kept';
    },
  },
  {
    id: 'write.number',
    asks: 'Is a JSON number taken for a text field, and kept as text?',
    mark: 'O',
    needs: 'write',
    answers: expects('kept as text'),
    async ask(site) {
      const { key, optional } = site.profile;
      const field = key[1] ?? optional;
      const record = site.fresh({ [field]: 12_345 });
      const answer = await site.write('POST', [], record);
      if (answer.status >= 400) return inWords(answer);
      const [found] = itemsIn(await byKey(site, record));
      return found?.[field] === '12345' ? 'kept as text' : 'not kept';
    },
  },
  {
    id: 'write.stamp-zone',
    asks: 'In which zone are the instants that Siebel sets, for this user?',
    mark: 'U',
    needs: 'write',
    answers: expects('UTC'),
    async ask(site) {
      const [, month, day, year, hour, minute, second] =
        /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)$/
          .exec(String((await recordOf(site, await site.make()))[site.profile.stamp]))
          ?.map(Number) ?? [];
      if (year === undefined || month === undefined)
        throw new CannotTell('the stamp is no date and time of a known form');
      const offMs = Date.UTC(year, month - 1, day, hour, minute, second) - Date.now();
      const quarters = Math.round(offMs / 900_000);
      return quarters === 0 ? 'UTC' : `${quarters / 4} hours off UTC: dateTime(zone) in siebel.config.ts`;
    },
  },
  {
    id: 'write.unknown-id',
    asks: 'What becomes of a PUT on a row id that does not exist, with a complete user key?',
    mark: 'U',
    needs: 'write',
    answers: [
      { is: 'a new record', standIn: { unknownIdOnPut: 'insert' } },
      { is: 'refused with SBL-EAI-04378', standIn: { unknownIdOnPut: 'error' } },
    ],
    async ask(site) {
      const record = site.fresh();
      const answer = await site.write('PUT', [await site.gone()], record);
      if (answer.status >= 400) return refusal(answer, 'SBL-EAI-04378');
      return itemsIn(await byKey(site, record)).length === 1 ? 'a new record' : 'accepted, and no record';
    },
  },
  {
    id: 'write.user-key',
    asks: 'Is the user key complete with the fields that the profile calls "key"?',
    mark: 'D',
    needs: 'write',
    answers: [
      { is: 'complete', standIn: { accountKey: 'Name, Location' } },
      {
        is: 'incomplete: complete with those of "keyMore"',
        site: 'unique(…) with the fields of "key" and "keyMore", as the userKey',
        standIn: { accountKey: 'Name, Location, Primary Organization' },
      },
      {
        is: 'incomplete, also with those of "keyMore"',
        site: 'unique(…) with every field of the user key, as the userKey: which, the integration component says',
      },
    ],
    async ask(site) {
      const { keyMore } = site.profile;
      const whole = site.fresh();
      const short = Object.fromEntries(Object.entries(whole).filter(([name]) => !keyMore.includes(name)));
      const answer = await site.write('PUT', [], short);
      if (answer.status < 400) return itemsIn(await byKey(site, short)).length === 1 ? 'complete' : inWords(answer);
      if (!answer.codes.includes('SBL-EAI-04397')) return inWords(answer);
      const again = await site.write('PUT', [], { ...moreOfKey(site.profile, site.sample.records), ...site.fresh() });
      if (again.status < 400) return 'incomplete: complete with those of "keyMore"';
      return again.codes.includes('SBL-EAI-04397') ? 'incomplete, also with those of "keyMore"' : inWords(again);
    },
  },
  {
    id: 'write.no-user-key',
    asks: 'Which code has a PUT without a complete user key?',
    mark: 'D',
    needs: 'write',
    answers: expects('refused with SBL-EAI-04397'),
    async ask(site) {
      const [first = ''] = site.profile.key;
      const { [first]: _, ...rest } = site.fresh();
      return refusal(await site.write('PUT', [], { ...rest, [site.profile.optional]: '+44 1 234' }), 'SBL-EAI-04397');
    },
  },
  failure(
    'write.required-missing',
    'Which code has a required field that is empty?',
    'O',
    ['SBL-DAT-00498', 'SBL-EAI-04389'],
    ({ profile }) => ({ [profile.key[0] ?? '']: '' }),
  ),
  failure(
    'write.pick-list',
    'Which code has a value outside a bounded pick list?',
    'O',
    ['SBL-DAT-00225', 'SBL-EAI-04401'],
    ({ profile }) => ({ [profile.pickList]: 'Contract Check None' }),
  ),
  failure(
    'write.too-long',
    'Is text refused that is longer than its field, and never cut?',
    'A',
    ['SBL-DAT-00521'],
    ({ profile, fresh }) => {
      const [name = ''] = profile.key;
      return { [name]: `${fresh()[name]} ${'x'.repeat(3_000)}` };
    },
  ),
  failure(
    'write.read-only',
    'Which code has a field that Siebel sets by itself?',
    'A',
    ['SBL-DAT-00510'],
    ({ profile }) => ({ [profile.stamp]: '01/31/2020 13:45:59' }),
  ),
  failure('write.unknown-field', 'Which code has an unknown field in a record?', 'A', ['SBL-EAI-50258'], () => ({
    'Contract Check None': 'x',
  })),
  {
    id: 'write.broken-body',
    asks: 'Is a body refused that is no JSON?',
    mark: 'A',
    needs: 'write',
    answers: expects('refused'),
    async ask(site) {
      const found = refusal(await site.write('PUT', [], '{"Name":'));
      return found.startsWith('refused') ? 'refused' : found;
    },
  },
  {
    id: 'write.id-null',
    asks: 'Does the text NULL in the place of an Id create a record?',
    mark: 'O',
    needs: 'write',
    answers: expects('a new record'),
    async ask(site) {
      const record = site.fresh();
      const answer = await site.write('PUT', [], { Id: 'NULL', ...record });
      if (answer.status >= 400) return inWords(answer);
      return itemsIn(await byKey(site, record)).length === 1 ? 'a new record' : 'no record';
    },
  },
  {
    id: 'write.links-sent-back',
    asks: 'May the links of an earlier answer stand in a record that is written?',
    mark: 'A',
    needs: 'write',
    answers: expects('yes'),
    async ask(site) {
      const answer = await site.write('PUT', [], { ...site.fresh(), Link: [{ rel: 'self', href: 'x', name: 'x' }] });
      return answer.status < 400 ? 'yes' : `no: ${inWords(answer)}`;
    },
  },
  {
    id: 'write.not-a-method',
    asks: 'Is PATCH refused?',
    mark: 'D',
    needs: 'write',
    answers: expects('refused'),
    async ask(site) {
      const { status } = await site.write('PATCH', [await site.make()], { [site.profile.optional]: '+44 1 234' });
      return status >= 400 ? 'refused' : `HTTP ${status}`;
    },
  },
  {
    id: 'delete.answer',
    asks: 'What does a DELETE by row id answer?',
    mark: 'D',
    needs: 'write',
    answers: [{ is: 'HTTP 200 without a body' }, { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } }],
    async ask(site) {
      const { status, text } = await site.write('DELETE', [await site.make()]);
      return `HTTP ${status} ${text === '' ? 'without a body' : 'with a body'}`;
    },
  },
  {
    id: 'delete.again',
    asks: 'What does a DELETE answer when the record is gone already?',
    mark: 'A',
    needs: 'write',
    answers: [{ is: 'refused with SBL-EAI-04378' }, { is: 'the no-data text' }],
    async ask(site) {
      const id = await site.make();
      await site.write('DELETE', [id]);
      const second = await site.write('DELETE', [id]);
      if (second.codes.length === 0 && second.status === 404) return 'the no-data text';
      return refusal(second, 'SBL-EAI-04378');
    },
  },
  {
    id: 'delete.body-wins',
    asks: 'With a row in the body, is the row id of the address ignored?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: [{ is: 'the row of the body is deleted' }],
    async ask(site) {
      const [addressed, named] = [await site.make(), await site.make()];
      const answer = await site.write('DELETE', [addressed], [{ Id: named }]);
      if (answer.status >= 400) throw new CannotTell(`refused: ${inWords(answer)}`);
      const left = itemsIn(await site.search(`[Id] = "${addressed}" OR [Id] = "${named}"`)).map(({ Id: id }) => id);
      if (left.length === 1)
        return left[0] === addressed ? 'the row of the body is deleted' : 'the row of the address is deleted';
      return left.length === 0 ? 'both are deleted' : 'none is deleted';
    },
  },
];

/** A record that Siebel must refuse, made from a good one. */
function failure(
  id: string,
  asks: string,
  mark: Question['mark'],
  codes: readonly string[],
  changes: (site: Site) => Readonly<Record<string, unknown>>,
): Question {
  return {
    id,
    asks,
    mark,
    needs: 'write',
    answers: [{ is: `refused with ${codes[0]}` }, ...codes.slice(1).map((code) => ({ is: `refused with ${code}` }))],
    ask: async (site) => refusal(await site.write('POST', [], site.fresh(changes(site))), ...codes),
  };
}

export function byKey(site: Site, record: Readonly<Record<string, unknown>>): Promise<WireAnswer> {
  const [first = ''] = site.profile.key;
  return site.search(`[${first}] = "${record[first]}"`);
}

async function recordOf(site: Site, id: string) {
  const [record] = itemsIn(await site.read(id));
  return record ?? {};
}

function writtenInWords(answer: WireAnswer): string {
  const { status, json } = answer;
  if (status !== 200 || !isItem(json)) return inWords(answer);
  const item = writtenIn(answer);
  const packed = 'items' in json ? `items is ${shapeOf(json['items'])}` : 'a bare record';
  return `${status}, ${packed} with Id and Link as ${shapeOf(item['Link'])}`;
}
