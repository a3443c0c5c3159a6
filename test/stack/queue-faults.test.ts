import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountMessage, contactMessage, PATIENCE, type TestStack, testStack } from './stack.ts';

// Contacts meet the faults; accounts are their neighbours in the batch, whom nothing strikes.
const CONTACTS = '/data/Contact/Contact';
const ACCOUNTS = '/data/Account/Account';

let stack: TestStack;

beforeAll(async () => {
  stack = await testStack({
    visibilityTimeoutSeconds: 4,
    // The lease of a call whose process was killed is over that much sooner.
    queueTimeoutSeconds: 7,
    settings: {
      QUEUE_BACKOFF_SECONDS: '1',
      // A token is replaced at the first 401, however young it is.
      TOKEN_TRUST_MS: '0',
    },
  });
});

beforeEach(() => stack.reset('queue'));

afterAll(() => stack?.close());

function strike(fault: object, rule: object = {}) {
  stack.siebel.addFault({ method: 'PUT', path: CONTACTS, fault, ...rule });
}

const fired = () => stack.siebel.faults().map((rule) => rule.fired);
const contacts = (uid: string) => stack.siebel.records('Contact', { 'Person UId': uid });
const accounts = (Name: string) => stack.siebel.records('Account', { Name });

/** What is there of a contact's message and its neighbour's when the queue is empty. */
async function outcome(uid: string, since: number) {
  await stack.drained();
  return {
    calls: stack.calls(CONTACTS, since),
    records: contacts(uid).length,
    neighbours: accounts(`Beside ${uid}`).length,
    parked: (await stack.parked()).filter(({ body }) => body?.includes(`"${uid}"`)),
    deadLettered: await stack.deadLettered(),
  };
}

async function sendWithNeighbour(uid: string, more: Record<string, unknown> = {}): Promise<number> {
  const since = stack.callsSoFar();
  await stack.send(contactMessage(uid, more), accountMessage(`Beside ${uid}`));
  return since;
}

const DONE_ONCE = { records: 1, neighbours: 1, parked: [], deadLettered: 0 };

describe('a fault that passes is answered by one more call in place', () => {
  it.each([
    ['503', { status: 503 }, [503, 200]],
    ['500 without a known code (F60)', { status: 500, body: error('SBL-XYZ-00001') }, [500, 200]],
    ['502 of a balancer (F63)', { status: 502, html: true }, [502, 200]],
    ['HTML with 200 (F66)', { html: true }, [200, 200]],
    ['200 without the record', { body: {} }, [200, 200]],
    ['JSON cut short (F68)', { truncate: true }, [200, 200]],
    ['reset before the call is worked on (F75)', { reset: 'before' }, [null, 200]],
    ['reset after the commit (F74)', { reset: 'after-commit' }, [null, 200]],
    ['no session (F85)', { status: 500, body: { ERROR: 'Could not open a session.' } }, [500, 200]],
  ])('%s', async (name, fault, statuses) => {
    strike(fault);
    const since = await sendWithNeighbour(`Passing ${name}`);
    const { calls, ...rest } = await outcome(`Passing ${name}`, since);
    expect(fired()).toEqual([1]);
    expect(calls.map(({ status }) => status)).toEqual(statuses);
    expect(settlements(`Passing ${name}`)).toEqual(['done']);
    expect(rest).toEqual(DONE_ONCE);
  });
});

describe('a fault that stays sends the message back to the queue, hidden for its back-off, and never parks it (R17)', () => {
  it.each([
    ['503', { status: 503 }],
    ['reset after the commit (F74)', { reset: 'after-commit' }],
  ])('%s', async (name, fault) => {
    strike(fault, { times: 2 });
    const since = await sendWithNeighbour(`Staying ${name}`);
    const { calls, ...rest } = await outcome(`Staying ${name}`, since);
    expect(fired()).toEqual([2]);
    expect(calls).toHaveLength(3);
    expect(waitedMs(calls[1], calls[2])).toBeGreaterThanOrEqual(950);
    expect(rest).toEqual(DONE_ONCE);
  });

  it('503 with a Retry-After within the deadline: it is obeyed in place (R48)', async () => {
    strike({ status: 503, headers: { 'Retry-After': '1' } });
    const since = await sendWithNeighbour('patient');
    const { calls, ...rest } = await outcome('patient', since);
    expect(fired()).toEqual([1]);
    expect(calls.map(({ status }) => status)).toEqual([503, 200]);
    expect(waitedMs(calls[0], calls[1])).toBeGreaterThanOrEqual(1_000);
    expect(settlements('patient')).toEqual(['done']);
    expect(rest).toEqual(DONE_ONCE);
  });

  it('503 with a Retry-After beyond the deadline: the message is hidden, without a second call (R48)', async () => {
    strike({ status: 503, headers: { 'Retry-After': '120' } }, { times: 0 });
    const since = await sendWithNeighbour('very patient');
    await expect.poll(fired, PATIENCE).toEqual([1]);
    await expect.poll(() => accounts('Beside very patient').length, PATIENCE).toBe(1);
    await expect.poll(() => settlements('very patient'), PATIENCE).toEqual(['returned']);
    await expect.poll(() => stack.queued(), PATIENCE).toEqual({ waiting: 0, hidden: 1 });
    expect(stack.calls(CONTACTS, since)).toHaveLength(1);
    expect(await stack.parked()).not.toContainEqual(expect.objectContaining({ key: 'test/very-patient' }));
  });

  it('a redirect is not followed, and not asked for twice (F77)', async () => {
    strike({ status: 302, body: '', headers: { Location: `${stack.siebel.baseUrl}/data/Account/Account` } });
    const since = await sendWithNeighbour('redirected');
    const { calls, ...rest } = await outcome('redirected', since);
    expect(fired()).toEqual([1]);
    expect(calls.map(({ status }) => status)).toEqual([302, 200]);
    expect(waitedMs(calls[0], calls[1])).toBeGreaterThanOrEqual(950);
    expect(stack.calls(ACCOUNTS, since).map(({ method }) => method)).toEqual(['PUT']);
    expect(rest).toEqual(DONE_ONCE);
  });

  it('everything at once: all messages outlast the outage, none is parked or dead-lettered', async () => {
    stack.siebel.addFault({ times: 5, fault: { status: 503 } });
    const names = Array.from({ length: 8 }, (_, index) => `Outage ${index}`);
    await stack.send(...names.map((name) => accountMessage(name)));
    await stack.drained();
    expect(fired()).toEqual([5]);
    expect(names.map((name) => accounts(name).length)).toEqual(names.map(() => 1));
    expect((await stack.parked()).filter(({ key }) => key?.includes('Outage'))).toEqual([]);
    expect(await stack.deadLettered()).toBe(0);
  });
});

describe('a 401', () => {
  it('once: the token is replaced, and the call is done by one replay (F43, F49)', async () => {
    await stack.send(accountMessage('Warm'));
    await stack.drained();
    const tokensBefore = stack.identity.stats().tokenRequests;
    expect(stack.identity.revokeAll()).toBeGreaterThan(0);

    const since = stack.callsSoFar();
    await stack.send(contactMessage('revoked'));
    const { calls, records, parked } = await outcome('revoked', since);
    expect(calls.map(({ status }) => status)).toEqual([401, 200]);
    expect(calls[0]?.token).not.toBe(calls[1]?.token);
    expect(stack.identity.stats().tokenRequests - tokensBefore).toBe(1);
    expect({ records, parked }).toEqual({ records: 1, parked: [] });
  });

  it('for ever: one replay with one new token, then the message goes back, however often it comes (F50)', async () => {
    strike({ status: 401, body: '' }, { times: 0 });
    const since = await sendWithNeighbour('refused for ever');
    await expect.poll(() => fired()[0], PATIENCE).toBeGreaterThanOrEqual(3);
    expect(await stack.parked()).not.toContainEqual(expect.objectContaining({ key: 'test/refused-for-ever' }));
    expect(contacts('refused for ever')).toEqual([]);
    const [first, second, third] = stack.calls(CONTACTS, since);
    expect(second?.token).not.toBe(first?.token);
    expect(waitedMs(second, third)).toBeGreaterThanOrEqual(950);

    stack.siebel.clearFaults();
    const { calls, ...rest } = await outcome('refused for ever', since);
    expect(calls.at(-1)?.status).toBe(200);
    expect(rest).toEqual(DONE_ONCE);
  });
});

describe('a refusal that names the record is parked at the first receive, with exactly one call (F58)', () => {
  it('a value off the pick list', async () => {
    const since = stack.callsSoFar();
    await stack.send(accountMessage('Off the list', { Type: 'Nonsense' }), accountMessage('Beside off the list'));
    await stack.drained();
    expect(accounts('Off the list')).toEqual([]);
    expect(accounts('Beside off the list')).toHaveLength(1);
    expect(
      stack
        .calls(ACCOUNTS, since)
        .map(({ status }) => status)
        .sort(),
    ).toEqual([200, 500]);
    const siebelCodes = ['SBL-EAI-04401', 'SBL-DAT-00225'];
    expect((await stack.parked()).filter(({ key }) => key === 'test/Off-the-list')).toMatchObject([
      { pk: 'call#account.upsert#test/Off-the-list', code: 'SIEBEL_VALIDATION', receiveCount: 1, siebelCodes },
    ]);
  });

  it.each([
    ['500 with a validation code', { status: 500, body: error('SBL-DAT-00498') }, 'SIEBEL_VALIDATION'],
    ['200 with ERROR and a validation code (F61)', { body: error('SBL-DAT-00225') }, 'SIEBEL_VALIDATION'],
    ['500 with a rule of the business', { status: 500, body: error('SBL-EXL-00151') }, 'SIEBEL_BUSINESS'],
    ['403 with an access code (F51)', { status: 403, body: error('SBL-DAT-00553') }, 'FORBIDDEN'],
    ['413', { status: 413, body: '' }, 'TOO_LARGE'],
  ])('%s', async (name, fault, code) => {
    strike(fault, { times: 0 });
    const since = await sendWithNeighbour(`Refused ${name}`);
    const { calls, parked, ...rest } = await outcome(`Refused ${name}`, since);
    expect(fired()).toEqual([1]);
    expect(calls).toHaveLength(1);
    expect(parked).toMatchObject([{ code, receiveCount: 1, body: contactMessage(`Refused ${name}`) }]);
    expect(rest).toEqual({ records: 0, neighbours: 1, deadLettered: 0 });
  });

  it('404 for the Id of an update: nothing is written (F54)', async () => {
    const since = stack.callsSoFar();
    const input = { Id: '1-ABSENT', Status: 'Closed' };
    const update = JSON.stringify({ operation: 'service-request.update', key: 'test/absent', input });
    await stack.send(update, accountMessage('Beside the absent'));
    await stack.drained();
    expect(stack.calls('/Service%20Request/', since).map(({ method, status }) => [method, status])).toEqual([
      ['GET', 404],
    ]);
    expect((await stack.parked()).filter(({ key }) => key === 'test/absent')).toMatchObject([
      { code: 'NOT_FOUND', receiveCount: 1 },
    ]);
    expect(accounts('Beside the absent')).toHaveLength(1);
  });
});

describe('a fault of the settings is not the message’s: it stays on the queue, hidden for long, after one call', () => {
  it.each([
    ['404 with another text: the address is wrong (F53)', { status: 404, html: true }],
    ['a field of ours that Siebel does not know', { status: 500, body: error('SBL-EAI-50258') }],
    ['403 of a gateway (F51)', { status: 403, html: true }],
  ])('%s', async (name, fault) => {
    strike(fault, { times: 0 });
    const since = await sendWithNeighbour(`Misconfigured ${name}`);
    await expect.poll(() => settlements(`Misconfigured ${name}`), PATIENCE).toEqual(['returned']);
    await expect.poll(() => stack.queued(), PATIENCE).toEqual({ waiting: 0, hidden: 1 });
    expect(fired()).toEqual([1]);
    expect(stack.calls(CONTACTS, since)).toHaveLength(1);
    expect((await stack.parked()).filter(({ body }) => body?.includes(name))).toEqual([]);
    expect(accounts(`Beside Misconfigured ${name}`)).toHaveLength(1);
  });
});

describe('silence is cut off by the time limit of a call', () => {
  let main: TestStack;

  beforeAll(async () => {
    main = stack;
    stack = await testStack({ records: 20, settings: { SIEBEL_TIMEOUT_MS: '500', QUEUE_BACKOFF_SECONDS: '1' } });
  });

  afterAll(async () => {
    await stack.close();
    stack = main;
  });

  // How often the call is made depends on how fast this machine is, too.
  it.each([
    ['before the work, then an answer', { hang: true }, 1],
    ['after the commit, then an answer (F72)', { holdAfterCommit: true }, 1],
    ['for as long as the message is under way', { hang: true }, 2],
  ])('%s', async (name, fault, times) => {
    strike(fault, { times });
    const since = await sendWithNeighbour(`Silent ${name}`);
    const { calls, ...rest } = await outcome(`Silent ${name}`, since);
    expect(fired()).toEqual([times]);
    expect(calls.slice(0, times).map(({ cut }) => cut)).toEqual(Array(times).fill('no answer'));
    expect(calls.at(-1)?.status).toBe(200);
    expect(rest).toEqual(DONE_ONCE);
  });
});

it('loses nothing and makes no second record when the container is killed in mid-batch (F102)', async () => {
  const uids = Array.from({ length: 6 }, (_, index) => `killed ${index}`);
  strike({ holdAfterCommit: 10_000 }, { times: 0 });
  const since = stack.callsSoFar();
  await stack.send(...uids.map((uid) => contactMessage(uid)));
  // Records are there, and nobody has been told.
  await expect.poll(() => uids.flatMap(contacts).length, PATIENCE).toBeGreaterThan(0);
  const sandboxes = stack.functions.queue.stats().coldStarts;
  expect(stack.functions.queue.killSandbox()).toBe(true);
  stack.siebel.clearFaults();

  // Nobody may touch these calls before their leases are over, some twelve seconds after their start.
  await expect.poll(() => stack.queued(), { timeout: 25_000, interval: 50 }).toEqual({ waiting: 0, hidden: 0 });
  expect(stack.functions.queue.stats().coldStarts).toBeGreaterThan(sandboxes);
  expect(stack.calls(CONTACTS, since).filter(({ fault }) => fault).length).toBeGreaterThan(0);
  expect(uids.map((uid) => contacts(uid).length)).toEqual(uids.map(() => 1));
  expect((await stack.parked()).filter(({ body }) => body?.includes('killed'))).toEqual([]);
  expect(await stack.deadLettered()).toBe(0);
}, 30_000);

it('writes the metrics that the alarms of the queue look at, with the dimensions of these alarms and no others', async () => {
  const since = stack.lines.length;
  const input = { Account: 'Beside the metrics', Amount: '12.50' };
  const check = { operation: 'credit.check', key: 'test/metrics', input };
  stack.siebel.addFault({ method: 'POST', path: '/service/', fault: { reset: 'after-commit' } });
  strike({ status: 403, html: true });
  await stack.send('{', JSON.stringify(check), contactMessage('metrics'));
  const written = () => metricsIn(stack.lines.slice(since).map(({ line }) => line));
  await expect
    .poll(written, PATIENCE)
    .toEqual(expect.arrayContaining(['failure.configuration', 'msg.age', 'msg.parked', 'msg.unknown']));
});

/** Names of the metrics in these lines that are told apart by service and stage alone, as alarms read them. */
function metricsIn(lines: readonly string[]): string[] {
  interface Emf {
    readonly service: string;
    readonly stage: string;
    readonly _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  }
  const objects = lines.filter((line) => line.includes('"_aws"')).map((line): Emf => JSON.parse(line));
  const read = objects.filter(({ service, stage }) => service === 'queue' && stage === 'local');
  return read.flatMap(({ _aws: { CloudWatchMetrics } }) =>
    CloudWatchMetrics.filter(
      ({ Namespace, Dimensions }) =>
        Namespace === 'SiebelIntegration' &&
        Dimensions.some((names) => names.toSorted().join() === ['service', 'stage'].join()),
    ).flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)),
  );
}

function error(code: string) {
  return { ERROR: `A value of this record is not right.(${code})` };
}

function waitedMs(one: { at: string } | undefined, other: { at: string } | undefined): number {
  return Date.parse(other?.at ?? '') - Date.parse(one?.at ?? '');
}

/** How the deliveries of a message ended, by the function's own account: shows that it has been dealt with. */
function settlements(uid: string): unknown[] {
  const key = JSON.parse(contactMessage(uid)).key;
  return stack
    .logged('CALL_SETTLED')
    .filter((line) => line['key'] === key)
    .map(({ outcome }) => outcome);
}
