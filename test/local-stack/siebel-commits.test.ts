import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Commit } from '../../local-stack/siebel/commits.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

const ACCOUNTS = '/data/Account/Account';
const REQUESTS = '/data/Service%20Request/Service%20Request';

describe('Siebel stand-in, the record of commits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siebel-commits-'));
  let domain: Domain;
  let fixture: SiebelFixture;
  let caller: SiebelCaller;

  beforeAll(async () => {
    domain = await startDomain();
  });
  beforeEach(async () => {
    fixture = await startSiebelFixture(domain, { records: 20 });
    caller = await siebelCaller(fixture);
  });
  afterEach(() => fixture.close());
  afterAll(async () => {
    await domain.identity.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (Name: string, more: object = {}) => fixture.send('PUT', ACCOUNTS, { Name, Location: 'Bremen', ...more });
  const kinds = (since = 0) => fixture.siebel.commits(since).map(({ kind, component }) => `${kind} ${component}`);

  it('holds nothing of the made-up records and of calls that read', async () => {
    await fixture.get('Account/Account', { PageSize: 1 });

    expect(fixture.siebel.commits()).toEqual([]);
  });

  it('holds an insert with everything that was written, an update with what was sent, and a delete', async () => {
    const inserted = await put('Recorded');
    const { Id } = inserted.json().items;
    await put('Recorded', { Type: 'Partner', 'Main Phone Number': '' });
    await fixture.send('DELETE', `${ACCOUNTS}/${encodeURIComponent(Id)}`);

    const [insert, update, removal, ...more] = fixture.siebel.commits();
    expect(more).toEqual([]);
    expect(insert).toEqual({
      number: 1,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      kind: 'insert',
      component: 'Account',
      id: Id,
      values: expect.objectContaining({ Id, Name: 'Recorded', Location: 'Bremen', 'Account Status': 'Active' }),
      request: 1,
      user: 'siebel-caller',
    });
    expect(Object.keys(insert?.values ?? {}).filter((name) => name.startsWith('~'))).toEqual([]);
    expect(update).toMatchObject({ number: 2, kind: 'update', id: Id, request: 2 });
    expect(update?.values).toMatchObject({ Type: 'Partner', 'Main Phone Number': null });
    expect(removal).toMatchObject({ number: 3, kind: 'delete', id: Id, values: {}, request: 3 });
  });

  it('holds every row of a call, and what ties them', async () => {
    const contact = { 'Person UId': 'C-1', 'First Name': 'Ada', 'Last Name': 'Brandt' };
    await put('With a contact', { Contact: [contact] });

    expect(kinds()).toEqual([
      'insert Account',
      'insert Contact',
      'link Account Contact',
      'update Account',
      'update Contact',
    ]);
    expect(new Set(fixture.siebel.commits().map(({ request }) => request))).toEqual(new Set([1]));
  });

  it('holds runs of services and processes with their input, and what they wrote', async () => {
    const input = { Account: 'Harbour Supplies', Amount: '12.50' };
    await caller.post('/service/Credit Check/Check', { body: input });
    await caller.post('/workflow/Create Service Request', { Abstract: 'By a process' });

    expect(fixture.siebel.commits()).toMatchObject([
      { kind: 'run', component: 'Credit Check/Check', id: null, values: input, request: 1 },
      { kind: 'insert', component: 'Action', request: 1 },
      { kind: 'run', component: 'Create Service Request', values: { Abstract: 'By a process' }, request: 2 },
      { kind: 'insert', component: 'Service Request', request: 2 },
    ]);
  });

  it('holds nothing of a call that was refused after it had written', async () => {
    const wrong = [
      { Name: 'First of two', Location: 'Bremen' },
      { Name: 'Second of two', Location: 'Bremen', Type: 'Nonsense' },
    ];
    expect((await fixture.send('PUT', ACCOUNTS, wrong)).status).toBe(400);
    const late = await caller.post('/workflow/Escalate Service Request', { 'Object Id': '1-NONE' });

    expect(late.status).toBe(500);
    expect(fixture.siebel.commits()).toEqual([]);
  });

  it('holds the work of calls whose answer was lost, or that was done after they were cut off', async () => {
    fixture.siebel.addFault({ fault: 'lost answer' });
    fixture.siebel.addFault({ fault: { commitAfterMs: 20 } });
    for (const Name of ['Lost', 'Late']) await put(Name).catch(() => {});
    await until(() => fixture.siebel.stats().inFlight === 0);

    expect(kinds()).toEqual(['insert Account', 'insert Account']);
  });

  it('is shown at the control address from a number on, which has to be one', async () => {
    await put('One');
    await put('Two');
    const all = (await fixture.control('GET', '/-/commits')).json().commits;
    const later = (await fixture.control('GET', '/-/commits?since=1')).json().commits;

    expect(all.map(({ number }: Commit) => number)).toEqual([1, 2]);
    expect(later.map(({ number }: Commit) => number)).toEqual([2]);
    expect(fixture.siebel.commits(2)).toEqual([]);
    expect((await fixture.control('GET', '/-/commits?since=now')).status).toBe(400);
  });

  it('is also appended to a file, where it outlasts the stand-in', async () => {
    const commitsFile = join(folder, 'commits.jsonl');
    const kept = await startSiebelFixture(domain, { records: 10, commitsFile });
    await kept.send('PUT', ACCOUNTS, { Name: 'Kept', Location: 'Bremen' });
    const commits = kept.siebel.commits();
    await kept.close();

    const lines = readFileSync(commitsFile, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(commits);
    expect(commits).toHaveLength(1);
  });

  it('tells of each commit before its call is answered', async () => {
    const order: string[] = [];
    const stop = fixture.siebel.onCommit(({ number }) => order.push(`commit ${number}`));
    await put('Told of');
    order.push('answered');
    stop();
    await put('Not told of');

    expect(order).toEqual(['commit 1', 'answered']);
  });
});

describe('Siebel stand-in, faults chosen by the caller', () => {
  let domain: Domain;
  let fixture: SiebelFixture;

  beforeAll(async () => {
    domain = await startDomain();
    fixture = await startSiebelFixture(domain, { records: 20 });
  });
  afterAll(async () => {
    await fixture.close();
    await domain.identity.close();
  });

  it('strike by what is in the request, after the rules, until no one chooses any more', async () => {
    fixture.siebel.chooseFaults(({ body }) => (body?.includes('unlucky') ? { status: 503 } : undefined));
    fixture.siebel.addFault({ fault: { status: 502 } });
    const statuses: number[] = [];
    const post = async (Abstract: string) =>
      void statuses.push((await fixture.send('POST', REQUESTS, { Abstract })).status);
    for (const abstract of ['unlucky', 'unlucky', 'lucky']) await post(abstract);
    fixture.siebel.chooseFaults();
    await post('unlucky');

    expect(statuses).toEqual([502, 503, 200, 200]);
    expect(fixture.siebel.requests().map(({ fault }) => fault)).toEqual([true, true, false, false]);
  });

  it('count the work of callers who have left as being in flight', async () => {
    fixture.siebel.chooseFaults(({ body }) => (body?.includes('slow') ? { delayMs: 300 } : undefined));
    const giveUp = new AbortController();
    const slow = fixture.send('POST', REQUESTS, { Abstract: 'slow' }, { signal: giveUp.signal }).catch(() => 'left');
    await until(() => fixture.siebel.stats().inFlight === 1);
    giveUp.abort();
    await slow;
    await until(() => fixture.siebel.stats().abandoned === 1);
    const before = fixture.siebel.commits().length;
    await fixture.send('POST', REQUESTS, { Abstract: 'quick' });

    expect(fixture.siebel.stats()).toMatchObject({ inFlight: 1, abandoned: 1, highestInFlight: 2 });
    await until(() => fixture.siebel.stats().inFlight === 0);
    expect(fixture.siebel.commits(before).map(({ values }) => values['Abstract'])).toEqual(['quick', 'slow']);
  });
});
