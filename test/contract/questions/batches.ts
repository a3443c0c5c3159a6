import { inWords, isItem, itemsIn, refusal, shapeOf } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import type { Site } from '../site.ts';
import type { WireAnswer } from '../wire.ts';
import { byKey, NOT_UNIQUE } from './writes.ts';

const BEFORE_BATCHES = { batches: false };

/** Writes of several records in one request (20.6 and later). */
export const BATCHES: readonly Question[] = [
  {
    id: 'batch.answer',
    asks: 'What does a PUT of several records answer?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: [
      { is: 'a bare array in the order sent, each with Id and Link as an object' },
      { is: 'HTTP 304 without a body', standIn: { writeStatus: 304 } },
      { is: 'refused: no batches', standIn: BEFORE_BATCHES },
    ],
    async ask(site) {
      const records = [site.fresh(), site.fresh(), site.fresh()];
      const answer = await site.write('PUT', [], records);
      if (answer.status >= 400) {
        const one = await site.write('PUT', [], site.fresh());
        if (one.status >= 400) throw new CannotTell(`one record is refused too: ${inWords(one)}`);
        return 'refused: no batches';
      }
      if (!Array.isArray(answer.json)) return inWords(answer);
      const ids = answer.json.map((item) => (isItem(item) ? item['Id'] : undefined));
      const stored = await Promise.all(records.map(async (record) => itemsIn(await byKey(site, record))[0]?.['Id']));
      const order = ids.join() === stored.join() ? 'in the order sent' : 'in another order';
      return `a bare array ${order}, each with Id and Link as ${shapeOf(answer.json.find(isItem)?.['Link'])}`;
    },
  },
  {
    id: 'batch.all-or-nothing',
    asks: 'Does one bad record keep all others of its batch from being written?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: expects('nothing is written'),
    async ask(site) {
      await batchesOrElse(site);
      const good = [site.fresh(), site.fresh()];
      const answer = await site.write(
        'PUT',
        [],
        [...good, site.fresh({ [site.profile.pickList]: 'Contract Check None' })],
      );
      if (answer.status < 400) return inWords(answer);
      const found = await Promise.all(good.map(async (record) => itemsIn(await byKey(site, record)).length));
      return found.every((count) => count === 0) ? 'nothing is written' : 'the good ones are written';
    },
  },
  {
    id: 'batch.duplicate',
    asks: 'Which status has a batch of inserts with a record that exists?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: [
      { is: 'refused with SBL-EAI-04383, HTTP 409', standIn: { uniqueKeys: true, duplicateStatus: 409 } },
      { is: 'refused with SBL-EAI-04383, HTTP 400' },
      { is: 'refused with SBL-EAI-04383, HTTP 500', standIn: { uniqueKeys: true, duplicateStatus: 500 } },
      { is: 'accepted', site: NOT_UNIQUE, standIn: { uniqueKeys: false } },
    ],
    async ask(site) {
      await batchesOrElse(site);
      const record = site.fresh();
      const answer = await site.write('POST', [], [record, { ...record }]);
      return answer.status >= 400 ? `${refusal(answer, 'SBL-EAI-04383')}, HTTP ${answer.status}` : 'accepted';
    },
  },
  {
    id: 'batch.limit',
    asks: 'Is a batch of 101 records refused, and one of 100 not?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: expects('refused'),
    async ask(site) {
      await batchesOrElse(site);
      // One record again and again: where the limit is another one, no more than that is written.
      const Id = await site.make();
      const ofSize = (length: number) =>
        site.write(
          'PUT',
          [],
          Array.from({ length }, () => ({ Id, [site.profile.optional]: '+44 1 237' })),
        );
      const allowed = await ofSize(100);
      if (allowed.status >= 400) throw new CannotTell(`a batch of 100 is refused too: ${inWords(allowed)}`);
      const { status } = await ofSize(101);
      return status >= 400 ? 'refused' : `HTTP ${status}`;
    },
  },
  {
    id: 'batch.delete',
    asks: 'Does a DELETE with an array of Ids delete them all?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: expects('all are deleted'),
    async ask(site) {
      await batchesOrElse(site);
      const ids = [await site.make(), await site.make()];
      const answer = await site.write(
        'DELETE',
        [],
        ids.map((Id) => ({ Id })),
      );
      if (answer.status >= 400) return inWords(answer);
      const left = itemsIn(await site.search(ids.map((id) => `[Id] = "${id}"`).join(' OR '))).length;
      return left === 0 ? 'all are deleted' : `${left} are left`;
    },
  },
  {
    id: 'batch.delete-missing',
    asks: 'Does one missing row refuse a DELETE of several?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: [{ is: 'refused with HTTP 400, nothing is deleted' }],
    async ask(site) {
      await batchesOrElse(site);
      const id = await site.make();
      const { status } = await site.write('DELETE', [], [{ Id: id }, { Id: await site.gone() }]);
      const left = itemsIn(await site.search(`[Id] = "${id}"`)).length;
      return `${status >= 400 ? `refused with HTTP ${status}` : 'accepted'}, ${left === 1 ? 'nothing is deleted' : 'the row is deleted'}`;
    },
  },
  {
    id: 'batch.by-id',
    asks: 'Does a PUT of several records change those whose Id it names?',
    mark: 'D',
    needs: 'write',
    since: '20.6',
    answers: expects('changed'),
    async ask(site) {
      await batchesOrElse(site);
      const { optional } = site.profile;
      const ids = [await site.make(), await site.make()];
      const answer = await site.write(
        'PUT',
        [],
        ids.map((Id) => ({ Id, [optional]: '+44 1 236' })),
      );
      if (answer.status >= 400) return inWords(answer);
      const found = itemsIn(await site.search(ids.map((id) => `[Id] = "${id}"`).join(' OR ')));
      const changed = found.filter((item) => /1.?236$/.test(String(item[optional])));
      return changed.length === 2 ? 'changed' : `${changed.length} of 2 changed`;
    },
  },
];

/** Ends the question where there are no batches; one question asks that by itself. */
async function batchesOrElse(site: Site): Promise<WireAnswer> {
  const answer = await site.write('PUT', [], [site.fresh()]);
  if (answer.status >= 400)
    throw new CannotTell(`an array of one record is refused (${inWords(answer)}): see batch.answer`);
  return answer;
}
