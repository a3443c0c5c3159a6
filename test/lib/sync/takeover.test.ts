import type { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { businessComponent, flag, readOnly, type SyncJob, text, utcDateTime } from '../../../lib/operations/index.ts';
import type { SiebelRecord } from '../../../lib/siebel/component.ts';
import { runSync } from '../../../lib/sync/run.ts';
import { s3Sink } from '../../../lib/sync/s3-sink.ts';
import type { SinkRecord, SyncSink } from '../../../lib/sync/sink.ts';
import { withoutTimers } from '../../support/fake-clock.ts';
import { changes, JOB, MINUTE, SECOND, syncParts } from './sync-parts.ts';

const JOB_WITH_FLAG = {
  ...JOB,
  read: businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Active: flag(), Updated: readOnly(utcDateTime()) },
  }).source,
};

/** Parts whose bucket keeps the names that are put, and the last content of each. */
function partsWithBucket({
  job = JOB,
  transform,
}: {
  job?: SyncJob;
  transform?: (record: SiebelRecord) => SiebelRecord;
} = {}) {
  const puts: string[] = [];
  const contents = new Map<string, unknown>();
  const send = async ({ input }: PutObjectCommand) => {
    puts.push(String(input.Key));
    contents.set(String(input.Key), input.Body);
    return {};
  };
  const sink = s3Sink({ bucket: 'sync', prefix: 'crm', client: { send: send as never } });
  const writes: Promise<void>[] = [];
  const watched: SyncSink = {
    ...sink,
    open(run) {
      const output = sink.open(run);
      const chunk = () => {
        const inner = output.chunk();
        const write = (records: readonly SinkRecord[]) => {
          const written = inner.write(records);
          writes.push(written);
          return written;
        };
        return { ...inner, write };
      };
      return { ...output, chunk };
    },
  };
  const parts = { ...syncParts(transform && { transform }), sink: watched };
  const run = (own: Partial<typeof parts> = {}) =>
    runSync('accounts', job, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, { ...parts, ...own });
  const manifest = (fence: string) => JSON.parse(String(contents.get(`crm/accounts/live/${fence}-manifest.json`)));
  /** The page before the one that is held has been taken. */
  const written = async () => {
    await expect.poll(() => writes.length).toBeGreaterThan(0);
    await Promise.all(writes);
  };
  return { ...parts, puts, writes, run, manifest, written };
}

/** Stops the run that asks through it at a page, until it is let go. */
function heldAtPage(siebel: ReturnType<typeof syncParts>['siebel'], page: number) {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let pages = 0;
  const queryPage: typeof siebel.queryPage = async (...args) => {
    pages += 1;
    const answer = await siebel.queryPage(...args);
    if (pages === page) await held;
    return answer;
  };
  return { siebel: { ...siebel, queryPage }, letGo };
}

describe('a run that was held up until another had taken its lease', () => {
  it('writes neither the records that it holds nor a manifest (R67, R68)', async () => {
    const parts = partsWithBucket();
    parts.siebel.put(...changes(150));
    const { siebel, letGo } = heldAtPage(parts.siebel, 2);
    const first = parts.run({ siebel, clock: withoutTimers(parts.clock) });
    await parts.written();
    await parts.clock.advance(2 * MINUTE);
    parts.siebel.put({ id: '1-000007', name: 'newer', updatedAtMs: parts.clock.now() - 90 * SECOND });
    const second = await parts.run();
    const putsBefore = parts.puts.length;
    const writesBefore = parts.writes.length;

    letGo();

    expect(await first).toMatchObject({ outcome: 'lease-lost', fence: 1, records: 0, objects: [] });
    // A sink may send what it is given at once: it is given nothing more either.
    expect(parts.writes).toHaveLength(writesBefore);
    expect(second).toMatchObject({ outcome: 'complete', fence: 2, records: 150 });
    expect(parts.puts).toHaveLength(putsBefore);
    expect(parts.state.checkpoint.cursor?.id).toBe('1-000007');
  });

  it('writes nothing either when its follower has the same number, in another life of the item', async () => {
    const parts = partsWithBucket();
    parts.siebel.put(...changes(150));
    const { siebel, letGo } = heldAtPage(parts.siebel, 1);
    const first = parts.run({ siebel, clock: withoutTimers(parts.clock) });
    await parts.clock.advance(2 * MINUTE);
    parts.state.fence = 0;
    const second = await parts.run();
    const putsBefore = parts.puts.length;

    letGo();

    expect(second).toMatchObject({ outcome: 'complete', fence: 1 });
    expect(await first).toMatchObject({ outcome: 'lease-lost', fence: 1 });
    expect(parts.puts).toHaveLength(putsBefore);
  });

  it('does not quarantine records either', async () => {
    const parts = partsWithBucket({ transform: (record) => ({ ...record, Active: 'maybe' }), job: JOB_WITH_FLAG });
    parts.siebel.put(...changes(1));
    const { siebel, letGo } = heldAtPage(parts.siebel, 1);
    const first = parts.run({ siebel, clock: withoutTimers(parts.clock) });
    await parts.clock.advance(2 * MINUTE);
    await parts.state.acquire('accounts', 'live', MINUTE);

    letGo();

    expect(await first).toMatchObject({ outcome: 'lease-lost', quarantined: 0 });
    expect(parts.puts).toEqual([]);

    await parts.clock.advance(2 * MINUTE);
    expect(await parts.run()).toMatchObject({ outcome: 'complete', quarantined: 1 });
  });
});

describe('the manifest of a run', () => {
  it('says from where to where the run has come, so that readers see which of two went on from the other', async () => {
    const parts = partsWithBucket();
    parts.siebel.put(...changes(150));
    await parts.run();
    await parts.clock.advance(5 * MINUTE);
    parts.siebel.put({ id: '1-new', name: 'new', updatedAtMs: parts.clock.now() - 90 * SECOND });
    await parts.run();

    expect(parts.manifest('0000000001')).toMatchObject({ end: { at: '2023-11-14T21:13:20Z', id: '1-000149' } });
    expect(parts.manifest('0000000001')).not.toHaveProperty('start');
    expect(parts.manifest('0000000002')).toMatchObject({
      start: { at: '2023-11-14T21:13:20Z', id: '1-000149' },
      end: { at: '2023-11-14T22:16:50Z', id: '1-new' },
    });
  });
});
