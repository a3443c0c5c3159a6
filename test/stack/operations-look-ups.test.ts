import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import type { CallEnd, KeyedCall, Ledger, LookUpResult } from '../../lib/ledger/ledger.ts';
import {
  businessComponent,
  child,
  defineIntegration,
  operationRunner,
  optional,
  text,
} from '../../lib/operations/index.ts';
import { markOf } from '../../lib/operations/look-up.ts';
import type { SiebelSite } from '../../lib/siebel/site.ts';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import type { SiebelOptions } from '../../local-stack/siebel/siebel.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { siebelOver } from './siebel-client-parts.ts';

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

const account = (marker?: 'Integration Ref') =>
  businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Location: text(50) },
    children: {
      'Service Request': child({
        marker,
        fields: { Abstract: text(100), 'Integration Id': text(100) },
      }),
    },
  });
const request = (marker?: 'Integration Ref') =>
  businessComponent('Service Request/Service Request', {
    viewMode: 'All',
    marker,
    fields: { Abstract: text(100), 'Integration Id': optional(text(100)) },
    children: { Action: child({ fields: { Type: text(30), Description: optional(text(150)) } }) },
  });
const operations = {
  'request.mark': request('Integration Ref').insert({ naturalKey: ['Integration Id'] }),
  'request.key': request().insert({ naturalKey: ['Integration Id'] }),
  'request.tree': request('Integration Ref').insert({ naturalKey: ['Integration Id'], children: ['Action'] }),
  'child.mark': account('Integration Ref').children['Service Request'].insert({ naturalKey: ['Integration Id'] }),
  'child.key': account().children['Service Request'].insert({ naturalKey: ['Integration Id'] }),
};

type Sent = { readonly recordId?: string | undefined } | { readonly error: unknown };

/** Sends a call under its key once, and looks it up as often as it is asked to. */
async function insertsOn(settings: Partial<SiebelOptions> = {}, site: SiebelSite = {}) {
  const { client, siebel } = await siebelOver(domain, { records: 60, ...settings }, { site });
  let use: (call: KeyedCall) => Promise<unknown> = async () => {};
  const ledger: Ledger = {
    run: async (call): Promise<CallEnd> => {
      await use(call);
      return { outcome: 'done', repeated: false, reconciled: false };
    },
    refuse: () => Promise.reject(new Error('not asked here')),
  };
  const runner = operationRunner(defineIntegration({ operations, site }), () => client, ledger, { settleMs: 720_000 });
  const keyed = async <T>(name: string, key: string, input: object, work: (call: KeyedCall) => Promise<T>) => {
    let result: T | undefined;
    use = async (call) => {
      result = await work(call);
    };
    const message = { messageId: 'm', body: '', attributes: {}, receiveCount: 1, firstSeenAtMs: 0 };
    await runner.runKeyed({ name, key, input, message }, { deadlineAtMs: clock.now() + 15_000 });
    return result as T;
  };
  const startedAtMs = clock.now();
  return {
    siebel,
    send: (name: string, key: string, input: object, beforeWrite = async () => {}): Promise<Sent> =>
      keyed(name, key, input, ({ send }) => send(beforeWrite).catch((error: unknown) => ({ error }))),
    find: (name: string, key: string, input: object, firstStartedAtMs = startedAtMs): Promise<LookUpResult> =>
      keyed(name, key, input, async ({ write }) => {
        if (write.kind !== 'insert') throw new Error('not an insert');
        return write.lookUp({ firstStartedAtMs });
      }),
  };
}

const INPUT = { Abstract: 'Broken crane', 'Integration Id': "order 47/11 & Sons' #3" };

describe('the look-up of an insert', () => {
  it.each(Object.keys(RELEASES))('tells ours from others and from none, at release %s', async (release) => {
    const { siebel, send, find } = await insertsOn(RELEASES[release]);
    for (const name of ['request.mark', 'request.key']) {
      const input = { ...INPUT, 'Integration Id': `${name} 1` };
      await expect(find(name, 'K-1', input)).resolves.toEqual({ found: 'absent' });
      const sent = await send(name, 'K-1', input);
      const [record] = siebel.records('Service Request', { 'Integration Id': `${name} 1` });
      expect(sent).toEqual({ recordId: record?.['Id'] });
      expect(record?.['Integration Ref']).toBe(name === 'request.mark' ? markOf({ operation: name, key: 'K-1' }) : '');

      await expect(find(name, 'K-1', input)).resolves.toEqual({ found: 'ours', id: record?.['Id'] });
    }
    const ofOther = { ...INPUT, 'Integration Id': 'request.mark 1' };
    await expect(find('request.mark', 'K-2', ofOther)).resolves.toEqual({ found: 'others' });
    const older = clock.now() + 3_600_000;
    await expect(find('request.key', 'K-1', { ...INPUT, 'Integration Id': 'request.key 1' }, older)).resolves.toEqual({
      found: 'others',
    });
  });

  it('finds a record whose answer never came (F72), also under many with the same natural key', async () => {
    const { siebel, send, find } = await insertsOn({ pageSizeLimit: 3, overPageSize: 'cap' });
    for (let other = 0; other < 7; other += 1) await send('request.mark', `other ${other}`, INPUT);
    siebel.addFault({ method: 'POST', fault: { reset: 'after-commit' } });
    await expect(send('request.mark', 'K-1', INPUT)).resolves.toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    for (let other = 0; other < 7; other += 1) await send('request.mark', `later ${other}`, INPUT);
    expect(siebel.faults().map(({ fired }) => fired)).toEqual([1]);

    const [ours] = siebel.records('Service Request', {
      'Integration Ref': markOf({ operation: 'request.mark', key: 'K-1' }),
    });
    await expect(find('request.mark', 'K-1', INPUT)).resolves.toEqual({ found: 'ours', id: ours?.['Id'] });
    await expect(find('request.mark', 'K-2', INPUT)).resolves.toEqual({ found: 'others' });
  });

  it('sees nothing of a commit that is still to come, and finds it when it has come (F73)', async () => {
    const { siebel, send, find } = await insertsOn();
    siebel.addFault({ method: 'POST', fault: { commitAfterMs: 3_000 } });
    await expect(send('request.mark', 'K-1', INPUT)).resolves.toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
    await expect(find('request.mark', 'K-1', INPUT)).resolves.toEqual({ found: 'absent' });
    await vi.waitFor(() => expect(siebel.stats().inFlight).toBe(0), { timeout: 15_000 });
    await expect(find('request.mark', 'K-1', INPUT)).resolves.toMatchObject({ found: 'ours' });
    expect(siebel.faults().map(({ fired }) => fired)).toEqual([1]);
  });

  it('takes for ours what the integration user has created, and nothing of others', async () => {
    const { siebel, send } = await insertsOn();
    await send('request.key', 'K-1', INPUT);
    const [record] = siebel.records('Service Request', { 'Integration Id': INPUT['Integration Id'] });
    const user = record?.['Created By Name'] ?? '';
    expect(user).not.toBe('');
    for (const [integrationUser, found] of [
      [user, 'ours'],
      ['SOMEBODY', 'others'],
    ] as const) {
      const over = await insertsOn({}, { integrationUser });
      await over.send('request.key', 'K-1', INPUT);
      await expect(over.find('request.key', 'K-1', INPUT)).resolves.toMatchObject({ found });
    }
  });

  it('finds a child below its parent and below no other, also where a release does not tell its Id (F76)', async () => {
    const { siebel, send, find } = await insertsOn({ childWriteAnswer: 'parent only' });
    const [parent, other] = siebel.records('Account').map(({ Id }) => Id);
    for (const name of ['child.mark', 'child.key']) {
      const input = { ...INPUT, 'Integration Id': name, ParentId: parent };
      siebel.clearFaults();
      siebel.addFault({ method: 'PUT', fault: { reset: 'after-commit' } });
      await expect(find(name, 'K-1', input)).resolves.toEqual({ found: 'absent' });
      await expect(send(name, 'K-1', input)).resolves.toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
      const [record, ...more] = siebel.records('Service Request', { 'Integration Id': name });
      expect(more).toEqual([]);
      expect(siebel.faults().map(({ fired }) => fired)).toEqual([1]);
      await expect(find(name, 'K-1', input)).resolves.toEqual({ found: 'ours', id: record?.['Id'] });
      await expect(find(name, 'K-1', { ...input, ParentId: other })).resolves.toEqual({ found: 'absent' });
    }
  });

  it('counts the children that were sent along, at every release', async () => {
    for (const release of ['16', '24.1']) {
      const { send, find } = await insertsOn(RELEASES[release]);
      const actions = (count: number) =>
        Array.from({ length: count }, (_, n) => ({ Type: 'Call', Description: `${n}` }));
      const input = (count: number) => ({ ...INPUT, Action: actions(count) });
      const { recordId: id } = (await send('request.tree', 'K-1', input(12))) as { recordId: string };
      for (const count of [0, 1, 12]) {
        await expect(find('request.tree', 'K-1', input(count))).resolves.toEqual({ found: 'ours', id });
      }
      // As after a hierarchy of which Siebel has kept a part only.
      await expect(find('request.tree', 'K-1', input(13))).resolves.toEqual({ found: 'partly', id });
    }
  });

  it('fails, and never says absent, when Siebel does not answer it or reads no search', async () => {
    const { siebel, send, find } = await insertsOn({}, { parameterNames: { searchspec: 'filter' } });
    await send('request.key', 'K-1', INPUT);
    for (const name of ['request.mark', 'request.key']) {
      const unsent = { ...INPUT, 'Integration Id': 'never sent' };
      await expect(find(name, 'K-2', unsent)).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
    }
    siebel.addFault({ method: 'GET', times: 0, fault: { status: 503 } });
    await expect(find('request.mark', 'K-1', INPUT)).rejects.toMatchObject({ failureClass: 'environment' });
  });
});

describe('a write that asks before it is sent', () => {
  it('sends not one byte when the answer is no (R06)', async () => {
    const { siebel, send } = await insertsOn();
    const no = new Error('not stored');
    const sent = await send('request.mark', 'K-1', INPUT, () => Promise.reject(no));
    expect(sent).toEqual({ error: no });
    expect(siebel.requests()).toEqual([]);
  });

  it('sends nothing when the deadline has passed while it asked', async () => {
    const { client, siebel } = await siebelOver(domain);
    const deadlineAtMs = clock.now() + 400;
    const at = { businessObject: 'Account', businessComponent: 'Account', viewMode: 'All' } as const;
    const beforeWrite = () => clock.sleep(500);
    await expect(client.insert(at, { Name: 'A', Location: '' }, { deadlineAtMs, beforeWrite })).rejects.toMatchObject({
      code: 'DEADLINE_TOO_CLOSE',
      sent: false,
    });
    expect(siebel.requests()).toEqual([]);
  });
});
