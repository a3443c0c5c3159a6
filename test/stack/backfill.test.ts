import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import type { Writer } from '../../local-stack/siebel/writer.ts';
import { type Output, readOutput } from '../chaos/sync/output.ts';
import { commandLine } from '../cli/cli-parts.ts';
import { PATIENCE, type TestStack, testStack } from './stack.ts';

const RECORDS = 2_000;
const ACCOUNTS = '/data/Account/Account';
/** A lease that was left behind keeps others out for six seconds, and a message meets it with growing pauses. */
const UNTIL_WHOLE = { timeout: 30_000, interval: 50 } as const;
/** Containers of the backfill and of the jobs, one page at a time each, and the command line. */
const PLANNED = { backfill: 2, sync: 2, tools: 1 } as const;

let stack: TestStack;
let writer: Writer;
let folder: string;
let siebel: (args: string) => Promise<{ code: number; json: Record<string, unknown> }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siebel-backfill-'));
  stack = await testStack({
    records: RECORDS,
    backfillTimeoutSeconds: 20,
    settings: { SYNC_LEASE_SECONDS: '1', QUEUE_BACKOFF_SECONDS: '1' },
  });
  writer = stack.siebel.writer('Account');
  // As `npm start` leaves it, for the command line to find.
  await mkdir(join(folder, '.local'));
  await writeFile(join(folder, '.local/stack-1.json'), JSON.stringify({ ...stack.ready, pid: process.pid }));
  const { dynamodbEndpoint, sqsEndpoint } = stack.ready;
  const program = commandLine({ addresses: { dynamodbEndpoint, sqsEndpoint }, settings: {}, folder });
  siebel = async (args) => {
    const { code, out } = await program(['sync', ...args.split(' '), '--local', '--json']);
    return { code, json: JSON.parse(out) };
  };
});

afterAll(async () => {
  await stack?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Ticks the live job, as its schedule does. */
async function tick(): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.ready.schedulerUrl}/accounts`, { method: 'POST' });
  return (await response.json()) as Record<string, unknown>;
}

/** `Id` and `Updated` of the accounts as they stand at Siebel. */
async function standing(): Promise<string[]> {
  const response = await fetch(`${stack.ready.controlUrl}/-/records?component=Account`);
  const { records } = (await response.json()) as { records: Record<string, string>[] };
  return records.map(({ Id, Updated = '' }) => `${Id} ${Date.parse(isoOf(Updated))}`).sort();
}

/** Each version of a record that was handed over, as often as it was, by the read that did it. */
function versions({ manifests, named }: Output): { readonly window: string; readonly version: string }[] {
  return manifests.flatMap(({ window, objects }) =>
    objects.flatMap(({ name }) =>
      (named.get(name)?.lines ?? []).map((line) => {
        const { Id, Updated } = JSON.parse(line) as { Id: string; Updated: string };
        return { window, version: `${Id} ${Date.parse(Updated)}` };
      }),
    ),
  );
}

/** `03/14/2025 09:26:53`, or an instant that is ISO 8601 already. */
function isoOf(value: string): string {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) ([\d:]{8})$/.exec(value) ?? [];
  return month === undefined ? value : `${year}-${month}-${day}T${time}Z`;
}

/** Changes and inserts a few accounts every now and then, and ticks the job, until it is told to end. */
function liveJob(ids: readonly string[]) {
  let isOver = false;
  let ticks = 0;
  const work = (async () => {
    for (let round = 0; !isOver; round += 1) {
      for (let each = 0; each < 4; each += 1) {
        writer.update(ids[(round * 4 + each) * 7] ?? '', { Location: `Moved ${round}` });
      }
      writer.insert({ Name: `New account ${round}`, Location: 'Bremen' });
      const { outcome } = await tick();
      if (outcome === 'complete') ticks += 1;
      await systemClock.sleep(300);
    }
  })();
  return {
    ticks: () => ticks,
    async end(): Promise<void> {
      isOver = true;
      await work;
    },
  };
}

describe('a backfill beside the live job', () => {
  it('hands every record over, and no version twice but for the chunk of a container that was killed (F135, R49)', async () => {
    const ids = (await standing()).map((version) => version.split(' ')[0] ?? '');

    const planned = await siebel('backfill accounts --window-records 250 --yes');
    expect(planned).toMatchObject({ code: 0, json: { records: RECORDS, notSent: [] } });
    expect(planned.json['windows']).toBeGreaterThan(7);
    expect(planned.json['jobBegins']).toBe(planned.json['to']);

    stack.siebel.addFault({ path: ACCOUNTS, times: 0, fault: { delayMs: 60 } });
    const live = liveJob(ids);
    onTestFinished(() => live.end());
    const progress = async () => (await siebel('backfill accounts --status')).json;
    const killed: string[] = [];
    for (const afterMs of [100, 190]) killed.push(await killAfter(afterMs));
    // Their messages would come back by themselves, but later than a test can wait.
    expect((await siebel('backfill accounts --resume')).code).toBe(0);
    await vi.waitFor(async () => expect(await progress()).toMatchObject({ state: 'complete' }), UNTIL_WHOLE);
    await live.end();
    expect(live.ticks()).toBeGreaterThan(2);
    stack.siebel.clearFaults();
    await systemClock.sleep(1_100);
    expect(await tick()).toMatchObject({ outcome: 'complete' });

    const found = versions(await readOutput(stack.ready, 'accounts/accounts/'));
    const seen = new Set<string>();
    const twice = found.filter(({ version }) => seen.size === seen.add(version).size);
    expect((await standing()).filter((version) => !seen.has(version))).toEqual([]);
    expect(twice.filter(({ window }) => !killed.some((each) => window.endsWith(each)))).toEqual([]);

    const { highestInFlight } = stack.backfillMapping.stats();
    expect(highestInFlight).toBe(PLANNED.backfill);
    const { backfill, sync, tools } = PLANNED;
    expect(stack.siebel.stats().highestInFlight).toBeLessThanOrEqual(backfill + sync + tools);
    expect(found.some(({ window }) => window === 'live')).toBe(true);
  }, 45_000);

  it('stops after its chunk when it is cancelled, and reads the rest when it is resumed', async () => {
    const planned = await siebel('backfill accounts --window-records 250 --yes');
    stack.siebel.addFault({ path: ACCOUNTS, times: 0, fault: { delayMs: 100 } });
    const id = String(planned.json['backfill']);
    await vi.waitFor(() => expect(stack.backfillMapping.stats().inFlight).toBe(2), PATIENCE);

    expect((await siebel('backfill accounts --cancel')).json).toMatchObject({ state: 'cancelled' });
    await vi.waitFor(() => expect(stack.backfillMapping.stats().inFlight).toBe(0), PATIENCE);
    const before = stack.callsSoFar();
    await systemClock.sleep(500);
    expect(stack.calls(ACCOUNTS, before)).toEqual([]);
    const { windowsDone } = (await siebel('backfill accounts --status')).json;
    expect(windowsDone).toBeLessThan(Number(planned.json['windows']));

    stack.siebel.clearFaults();
    await siebel('backfill accounts --resume');
    await vi.waitFor(
      async () => expect((await siebel('backfill accounts --status')).json).toMatchObject({ state: 'complete' }),
      UNTIL_WHOLE,
    );
    const found = versions(await readOutput(stack.ready, 'accounts/accounts/')).filter(({ window }) =>
      window.startsWith(`backfill-${id}-`),
    );
    expect(new Set(found.map(({ version }) => version)).size).toBe(found.length);
    expect(found).toHaveLength(Number(planned.json['records']));
  });
});

/** Kills a container that has been at work for so long, and gives the end of its window's name: `-0007`. */
async function killAfter(workMs: number): Promise<string> {
  const atWork = () => stack.functions.backfill.sandboxes().find(({ event }) => event !== undefined);
  for (;;) {
    const event = await vi.waitFor(() => {
      const found = atWork()?.event;
      expect(found).toBeDefined();
      return found ?? '';
    }, PATIENCE);
    await systemClock.sleep(workMs);
    const container = stack.functions.backfill.sandboxes().find((one) => one.event === event);
    if (!container) continue;
    container.kill();
    const [record] = (JSON.parse(event) as { Records: { body: string }[] }).Records;
    const { window } = JSON.parse(record?.body ?? '') as { window: number };
    return `-${String(window).padStart(4, '0')}`;
  }
}
