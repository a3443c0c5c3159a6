import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import integration from '../../siebel.config.ts';
import { type SyncTestStack, syncTestStack } from './sync-parts.ts';

// The six kinds of acceptance that suites for connectors ask of one, over one stack: specification, connection, discovery,
// full read, incremental read from a stored state, full refresh.

const RECORDS = 250;
let sync: SyncTestStack;

beforeAll(async () => {
  sync = await syncTestStack({ records: RECORDS });
});
beforeEach(async () => {
  sync.stack.siebel.clearFaults();
  await sync.forget('accounts');
  await sync.forget('contacts');
});
afterAll(() => sync?.close());

describe('specification', () => {
  it('every job has one schedule, whose input the function takes, and one for its sweep', async () => {
    const { schedules } = sync.stack.deployment;
    expect([...integration.sync.keys()].sort()).toEqual(['accounts', 'contacts', 'service-requests']);
    expect(schedules).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ job: 'accounts', expression: 'rate(5 minutes)', input: { job: 'accounts' } }),
        expect.objectContaining({ job: 'accounts', input: { job: 'accounts', sweep: true } }),
        expect.objectContaining({ job: 'contacts', input: { job: 'contacts' } }),
        expect.objectContaining({ job: 'service-requests', input: { job: 'service-requests' } }),
      ]),
    );
    for (const { input } of schedules) {
      const { functionError } = await sync.stack.functions.schedule.invoke(input);
      expect([input, functionError]).toEqual([input, undefined]);
    }
  });

  it.each([
    ['a job that nobody declared', { job: 'nobody' }, 'UNKNOWN_JOB'],
    ['no job', {}, 'MISSING_FIELD'],
    ['a member too many', { job: 'accounts', full: true }, 'UNKNOWN_FIELD'],
    ['no object', 'accounts', 'INVALID_EVENT'],
  ])('%s is refused, and never taken for "all": Siebel is not called (F137)', async (_, event, code) => {
    const since = sync.stack.callsSoFar();
    const { functionError } = await sync.stack.functions.schedule.invoke(event);
    expect(functionError).toBe('Unhandled');
    expect(sync.stack.logged('SYNC_RUN_FAILED').at(-1)).toMatchObject({ code });
    expect(sync.stack.calls('/', since)).toEqual([]);
  });
});

describe('connection', () => {
  it('is good: a tick ends with everything read', async () => {
    expect(await sync.run('accounts')).toMatchObject({ outcome: 'complete', failed: undefined });
  });

  it('is bad: credentials that the identity domain refuses are named, and nothing has moved', async () => {
    const { ready, identity } = sync.stack;
    const secrets = new SecretsManagerClient(clientSettings(ready.secretsManagerEndpoint));
    const put = (clientId: string, clientSecret: string) =>
      secrets.send(
        new PutSecretValueCommand({
          SecretId: ready.clientSecretId,
          SecretString: JSON.stringify({ clientId, clientSecret }),
        }),
      );
    try {
      await put(identity.callerClient.id, 'wrong');
      await sync.stack.restart('schedule');
      const { failed, detail } = await sync.run('accounts');
      // The cold start has asked before, and nobody asks again at once.
      expect([failed, detail]).toEqual(['TOKEN_REQUEST_PAUSED', expect.stringContaining('invalid_client')]);
      expect(await sync.handedOver('accounts')).toEqual([]);
    } finally {
      await put(identity.callerClient.id, identity.callerClient.secret);
      secrets.destroy();
      await sync.stack.restart('schedule');
    }
  });

  it('is bad: a Siebel in maintenance fails the run, and the next one reads everything', async () => {
    sync.stack.siebel.changeSettings({ maintenance: '503' });
    expect((await sync.run('accounts')).failed).toBeTypeOf('string');
    expect(await sync.handedOver('accounts')).toEqual([]);
    sync.stack.siebel.changeSettings();
    await expect.poll(async () => (await sync.run('accounts')).outcome, { timeout: 10_000 }).toBe('complete');
    expect(await sync.handedOver('accounts')).toHaveLength(RECORDS);
  });
});

describe('discovery', () => {
  const DATATYPES: Readonly<Record<string, readonly string[]>> = {
    text: ['DTYPE_TEXT', 'DTYPE_PHONE', 'DTYPE_ID'],
    utcDateTime: ['DTYPE_UTCDATETIME'],
  };

  it.each([...integration.sync])('the fields of %s are what Siebel describes, by name and type', async (_, job) => {
    const { properties } = await described(job.read.name);
    for (const [name, field] of Object.entries(job.read.fields)) {
      expect([name, properties[name]?.['x-siebel-datatype']]).toEqual([name, expect.any(String)]);
      expect(DATATYPES[field.kind] ?? []).toContain(properties[name]?.['x-siebel-datatype']);
    }
    expect(properties[job.cursor]?.['x-siebel-datatype']).toBe('DTYPE_UTCDATETIME');
  });
});

describe('read', () => {
  it('hands over every record once, in the order of the cursor, with the declared fields in declared types', async () => {
    expect(await sync.run('accounts')).toMatchObject({ outcome: 'complete', report: { records: RECORDS } });
    const lines = await sync.handedOver('accounts');
    const shown = standing('Account');
    expect(idsOf(lines)).toEqual(idsOf(shown));
    const instants = lines.map(({ Updated }) => String(Updated));
    expect(instants).toEqual(instants.toSorted());
    expect(instants.every((instant) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(instant))).toBe(true);

    const texts = ['Id', 'Name', 'Location', 'Account Status', 'Main Phone Number', 'Type'];
    const byId = new Map(shown.map((record) => [record['Id'], record]));
    for (const line of lines) {
      expect(Object.keys(line).filter((name) => name !== 'Updated' && !texts.includes(name))).toEqual([]);
      expect(withoutEmpty(line, texts)).toEqual(withoutEmpty(byId.get(String(line['Id'])) ?? {}, texts));
    }
  });
});

describe('incremental read', () => {
  it('after a read, only what has changed comes (R66)', async () => {
    await sync.run('contacts');
    const before = (await sync.handedOver('contacts')).length;
    const writer = sync.stack.siebel.writer('Contact');
    const id = String(sync.stack.siebel.records('Contact')[7]?.['Id']);
    writer.update(id, { 'Last Name': 'Changed' }, Date.now() - 3_000);

    expect(await sync.run('contacts')).toMatchObject({ outcome: 'complete', report: { records: 1 } });
    expect((await sync.handedOver('contacts')).slice(before)).toEqual([
      expect.objectContaining({ Id: id, 'Last Name': 'Changed' }),
    ]);
  });

  it('from an old state, everything since then comes again, and nothing before it (R68)', async () => {
    await sync.run('accounts');
    const old = await sync.stateOf('accounts');
    const writer = sync.stack.siebel.writer('Account');
    const ids = sync.stack.siebel
      .records('Account')
      .slice(0, 5)
      .map(({ Id }) => String(Id));
    for (const id of ids) writer.update(id, { Location: `Moved ${id}` }, Date.now() - 3_000);
    expect((await sync.run('accounts')).report['records']).toBe(5);
    const first = (await sync.handedOver('accounts')).slice(RECORDS);

    if (!old) throw new Error('there is no state');
    await sync.putState({ ...old, fence: { N: String(Number(old['fence']?.N) + 50) } });
    expect((await sync.run('accounts')).report['records']).toBe(5);
    expect((await sync.handedOver('accounts')).slice(RECORDS + 5)).toEqual(first);
    expect(idsOf(first)).toEqual(ids.toSorted());
  });

  it('from a state that nobody can read, it stops, and moves nothing', async () => {
    await sync.run('accounts');
    const good = await sync.stateOf('accounts');
    if (!good) throw new Error('there is no state');
    await sync.putState({ ...good, checkpoint: { S: '{"cursor":' } });
    const since = sync.stack.callsSoFar();

    expect((await sync.run('accounts')).failed).toBe('CONFIGURATION');
    expect(sync.stack.calls('/data/Account/Account', since)).toEqual([]);
    expect((await sync.stateOf('accounts'))?.['checkpoint']).toEqual({ S: '{"cursor":' });

    await sync.putState(good);
    expect(await sync.run('accounts')).toMatchObject({ outcome: 'complete', report: { records: 0 } });
  });

  it('from a state of the future, it stops, and moves nothing (R77)', async () => {
    await sync.run('accounts');
    const good = await sync.stateOf('accounts');
    if (!good) throw new Error('there is no state');
    const cursor = { value: '01/01/2099 00:00:00', id: '1-2AB' };
    const future = { S: JSON.stringify({ ...JSON.parse(good['checkpoint']?.S ?? ''), cursor }) };
    await sync.putState({ ...good, checkpoint: future });
    const since = sync.stack.callsSoFar();

    expect((await sync.run('accounts')).failed).toBe('CONFIGURATION');
    expect(sync.stack.calls('/data/Account/Account', since)).toEqual([]);
    expect((await sync.stateOf('accounts'))?.['checkpoint']).toEqual(future);
  });
});

describe('full refresh', () => {
  it('twice over the same records gives the same lines in the same order', async () => {
    await sync.run('contacts');
    const once = await sync.handedOver('contacts');
    await sync.forget('contacts');
    await sync.run('contacts');

    expect(once).toHaveLength(sync.stack.siebel.records('Contact').length);
    expect(await sync.handedOver('contacts')).toEqual(once);
  });
});

/** What Siebel tells of a component: `Account/Account`. */
async function described(name: string): Promise<{ properties: Record<string, Record<string, string>> }> {
  const { ready, identity } = sync.stack;
  const { id, secret } = identity.callerClient;
  const { access_token: token } = await overTls(ready.tokenUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: ready.tokenScope }).toString(),
  });
  const path = name.split('/').map(encodeURIComponent).join('/');
  const document = await overTls(`${ready.siebelUrl}/data/${path}/describe`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return document.components.schemas[`data_${name.replaceAll('/', '_')}_`];
}

async function overTls(
  url: string,
  { method = 'GET', headers = {}, body = '' }: { method?: string; headers?: Record<string, string>; body?: string },
) {
  const ca = await readFile(sync.stack.ready.caFile);
  // biome-ignore lint/suspicious/noExplicitAny: a document of another system
  return new Promise<any>((resolve, reject) => {
    const sent = request(url, { method, headers, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject).end(body);
  });
}

/** Records that stand at Siebel, by Id and some fields. */
function standing(component: string): Record<string, string>[] {
  return sync.stack.siebel.records(component).map((record) => ({ ...record }));
}

function withoutEmpty(record: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (record[name] ? [[name, record[name]]] : [])));
}

function idsOf(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return records.map(({ Id }) => String(Id)).toSorted();
}
