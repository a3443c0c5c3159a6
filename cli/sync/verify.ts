import type { SyncJob } from '../../lib/operations/index.ts';
import type { Checkpoint } from '../../lib/sync/checkpoint.ts';
import { wholeSecond } from '../../lib/sync/position.ts';
import type { ComparedRange, VerifyReport } from '../../lib/sync/verify.ts';
import { verifyJob } from '../../lib/sync/verify.ts';
import { type Report, type Run, SYNC, usage } from '../command.ts';
import { counted, instant, table } from '../printable.ts';
import { Problem } from '../problem.ts';
import { upToOf } from './job-state.ts';
import { jobNamed } from './jobs.ts';
import { shelvesInFolder } from './shelves.ts';
import { thousands } from './words.ts';

export interface VerifyOptions {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly ranges: number;
}

/** Compares how many records there are at Siebel and in the bucket. */
export async function verify(run: Run, name: string, { from, to, ranges }: VerifyOptions): Promise<Report> {
  const job = jobNamed(run, name);
  if (job.to.kind !== 's3') {
    throw new Problem(
      'NO_OBJECTS',
      `sync job "${name}" goes to ${job.to.kind}, where nothing can be counted afterwards: verify compares jobs of s3(…) alone`,
    );
  }
  const folder = `${job.to.prefix}/${name}`;
  const { checkpoint } = (await run.runtime.syncState().look(name, 'live')) ?? {};
  const boundMs = await wholeUpTo(checkpoint, name, run);
  if (boundMs === undefined) {
    throw new Problem(
      'NOTHING_READ_YET',
      `sync job "${name}" has not read everything once; ${SYNC} status ${name}${run.repeat} shows how far it has come`,
    );
  }
  const toMs = wholeSecond(Math.min(to ?? boundMs, boundMs));
  const fromMs = from === undefined ? undefined : wholeSecond(from);
  if (fromMs !== undefined && fromMs > toMs) {
    throw usage(
      `--from is later than ${to === undefined || to > boundMs ? `what has been read (${instant(boundMs)})` : '--to'}`,
    );
  }
  const shelves = await shelvesInFolder();
  const { signal } = run.interruption;
  run.interruption.hold();
  try {
    const report = await verifyJob(
      folder,
      job,
      { fromMs, toMs, ranges },
      {
        siebel: run.runtime.siebel(),
        bucket: run.runtime.output(),
        shelves,
        clock: run.clock,
        signal,
        callTimeoutMs: run.runtime.siebelCallMs(),
        onProgress: (words) => run.terminal.progress(words),
      },
    );
    return reportOf(report, { name, job, fromMs, toMs, boundMs }, run);
  } catch (error) {
    throw signal.aborted ? new Problem('INTERRUPTED', 'interrupted before everything was counted') : error;
  } finally {
    await shelves.close();
  }
}

/** Bound of the last whole pass, of one that found nothing as well. */
async function wholeUpTo(
  checkpoint: Checkpoint | undefined,
  name: string,
  { runtime }: Run,
): Promise<number | undefined> {
  if (checkpoint?.boundMs !== undefined || checkpoint?.pass) return checkpoint.boundMs;
  return upToOf(checkpoint, (await runtime.syncControl().read(name)).runs);
}

interface Compared {
  readonly name: string;
  readonly job: SyncJob;
  readonly fromMs: number | undefined;
  readonly toMs: number;
  readonly boundMs: number;
}

function reportOf(report: VerifyReport, compared: Compared, run: Run): Report {
  const { ranges, ...numbers } = report;
  const different = ranges.filter(({ difference }) => difference !== 0);
  const sum = (member: 'siebel' | 'bucket' | 'quarantined') => ranges.reduce((all, range) => all + range[member], 0);
  const { name, fromMs, toMs } = compared;
  return {
    exitCode: different.length > 0 ? 1 : 0,
    json: {
      job: name,
      from: fromMs === undefined ? null : instant(fromMs),
      to: instant(toMs),
      equal: different.length === 0,
      siebel: sum('siebel'),
      bucket: sum('bucket'),
      quarantined: sum('quarantined'),
      ...numbers,
      ranges: ranges.map(rangeJson),
      notes: notesOn(different, report, compared, run),
    },
    lines: [
      ...(different.length > 0
        ? [...table(['FROM', 'TO', 'SIEBEL', 'BUCKET', 'DIFFERENCE'], different.map(cells)), '']
        : []),
      `${headOf(different, ranges)} Siebel ${thousands(sum('siebel'))}, bucket ${thousands(sum('bucket'))}, up to ${instant(toMs)}.`,
      ...(sum('quarantined') > 0
        ? [`Of those in the bucket, ${counted(sum('quarantined'), 'record')} in quarantine.`]
        : []),
      `${counted(report.lines, 'line')} in ${counted(report.objects, 'object')} of ${counted(report.manifests, 'manifest')}.`,
      ...notesOn(different, report, compared, run),
      ...closerLook(different, name, run),
    ],
  };
}

function headOf(different: readonly ComparedRange[], ranges: readonly ComparedRange[]): string {
  return different.length === 0
    ? `The counts are equal in ${counted(ranges.length, 'range')}.`
    : `${different.length} of ${counted(ranges.length, 'range')} differ${different.length === 1 ? 's' : ''}.`;
}

function rangeJson({ fromMs, toMs, ...counts }: ComparedRange) {
  return { from: fromMs === undefined ? null : instant(fromMs), to: instant(toMs), ...counts };
}

function cells({ fromMs, toMs, siebel, bucket, difference }: ComparedRange): string[] {
  return [
    fromMs === undefined ? '-' : instant(fromMs),
    instant(toMs),
    thousands(siebel),
    thousands(bucket),
    `${difference > 0 ? '+' : ''}${thousands(difference)}`,
  ];
}

/** What may account for differences, as far as it can be known from here. */
function notesOn(
  different: readonly ComparedRange[],
  { changedSince }: VerifyReport,
  { name, job: { sweep, ownWrites }, boundMs }: Compared,
  { repeat }: Run,
): string[] {
  const changed =
    changedSince > 0
      ? [
          `${counted(changedSince, 'record')} changed since ${instant(boundMs)}: left out on both sides, the next run hands them over.`,
        ]
      : [];
  if (different.length === 0) return changed;
  const isLess = different.some(({ difference }) => difference < 0);
  const isMore = different.some(({ difference }) => difference > 0);
  return [
    ...changed,
    ...(isLess && !sweep
      ? ['The bucket has more: deleted records stay in it, as this job declares no sweep in siebel.config.ts.']
      : []),
    ...(isLess && sweep
      ? ['The bucket has more: deleted records stay in it until they were absent from two sweeps.']
      : []),
    ...(isLess && ownWrites ? ['A record that the integration itself has changed last is not counted at Siebel.'] : []),
    ...(isMore
      ? [
          'Siebel has more: of the last minutes, what was committed late and the next run hands over; in older ranges, what a ' +
            `backfill still has to read. Anything else is missing from the bucket: ${SYNC} backfill ${name}${repeat} reads a range again.`,
        ]
      : []),
  ];
}

function closerLook([first]: readonly ComparedRange[], name: string, { repeat }: Run): string[] {
  if (!first || first.toMs === first.fromMs) return [];
  const from = first.fromMs === undefined ? '' : ` --from ${instant(first.fromMs)}`;
  return [`Look closer:  ${SYNC} verify ${name}${from} --to ${instant(first.toMs)} --ranges 20${repeat}`];
}
