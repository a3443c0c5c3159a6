import * as z from 'zod/mini';
import type { Report, Run } from '../command.ts';
import { SYNC } from '../command.ts';
import { counted } from '../printable.ts';
import { Problem } from '../problem.ts';
import { jobNamed } from './jobs.ts';
import { handedOver } from './sweep-words.ts';
import { duration } from './words.ts';

/** What the function answers, as far as it is told here; what it says beside that goes to `--json` as it is. */
const SWEPT = z.looseObject({
  outcome: z.string(),
  /** Why it failed. */
  code: z.optional(z.string()),
  read: z.optional(z.number()),
  found: z.optional(z.number()),
  tombstones: z.optional(z.number()),
  begun: z.optional(z.boolean()),
});
const ANSWER = z.looseObject({
  ...SWEPT.shape,
  pages: z.optional(z.number()),
  records: z.optional(z.number()),
  repeats: z.optional(z.number()),
  quarantined: z.optional(z.number()),
  own: z.optional(z.number()),
  /** The number of a sweep; of a run, what it did for the one under way. */
  sweep: z.optional(z.union([z.number(), SWEPT])),
  objects: z.optional(z.array(z.string())),
  cursor: z.optional(z.object({ at: z.string(), id: z.string() })),
  bound: z.optional(z.string()),
});
type Answer = z.infer<typeof ANSWER>;
type Swept = z.infer<typeof SWEPT>;

/** How runs and sweeps end that did what they were asked for. */
const GOOD = /^(complete|stopped|waiting)$/;
/** Of a sweep that a run goes on with, what needs nobody either. */
const QUIET = /^(idle|none|paused|already-running|lease-lost)$/;
const MOST_NAMES = 10;

/** Ticks a job once, by the function that its schedule calls, and waits for what the run did. */
export async function runJob(
  run: Run,
  name: string,
  { sweep = false }: { sweep?: boolean | undefined },
): Promise<Report> {
  const job = jobNamed(run, name);
  if (sweep && !job.sweep) {
    throw new Problem('USAGE', `sync job "${name}" declares no sweep in siebel.config.ts`, { exitCode: 2 });
  }
  const target = run.runtime.scheduleFunction();
  const startedMs = run.clock.elapsed();
  const over = new AbortController();
  const telling = tellTime(run, name, over.signal);
  try {
    const answered = await orInterrupted(
      target.run(sweep ? { job: name, sweep: true } : { job: name }),
      target.name,
      run,
    );
    const result = ANSWER.safeParse(answered);
    if (!result.success) {
      throw new Problem(
        'RUN_FAILED',
        `function ${target.name} has not answered as a sync job does: is it the right one?`,
      );
    }
    return reportOf(result.data, { name, sweep, tookMs: run.clock.elapsed() - startedMs }, run);
  } catch (error) {
    if (!(error instanceof Problem) || !['RUN_FAILED', 'NO_ANSWER', 'INTERRUPTED'].includes(error.code)) throw error;
    throw error.adding(`; ${SYNC} status ${name}${run.repeat} shows how far it has come`);
  } finally {
    over.abort();
    await telling;
  }
}

/** Waits no longer than somebody wants to. */
async function orInterrupted<T>(answer: Promise<T>, target: string, { interruption }: Run): Promise<T> {
  const { signal } = interruption;
  interruption.hold();
  const interrupted = new Promise<never>((_, reject) => {
    const end = () =>
      reject(new Problem('INTERRUPTED', `interrupted before function ${target} had answered: its run goes on`));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  return Promise.race([answer, interrupted]);
}

async function tellTime({ clock, terminal }: Run, name: string, signal: AbortSignal): Promise<void> {
  const startedMs = clock.elapsed();
  while (!signal.aborted) {
    await clock.sleep(1_000, signal).catch(() => undefined);
    if (!signal.aborted) terminal.progress(`${name} runs for ${duration(clock.elapsed() - startedMs)} …`);
  }
}

interface Told {
  readonly name: string;
  readonly tookMs: number;
}

function reportOf(answer: Answer, { name, sweep, tookMs }: Told & { readonly sweep: boolean }, run: Run): Report {
  const beside = typeof answer.sweep === 'object' ? answer.sweep : undefined;
  // A code says why it stopped before its time.
  const isGood =
    GOOD.test(answer.outcome) &&
    answer.code === undefined &&
    (!beside || GOOD.test(beside.outcome) || QUIET.test(beside.outcome));
  return {
    exitCode: isGood ? 0 : 1,
    json: { job: name, sweep, tookMs: Math.round(tookMs), run: answer },
    lines: sweep
      ? [
          sweepHead(answer, name, ` after ${duration(tookMs)}`),
          `${counted(answer.read ?? 0, 'record')} read, ${handedOverBy(answer)}.`,
          ...nextLine(answer, name, run),
        ]
      : [...runLines(answer, { name, tookMs }, run), ...(beside ? besideLines(beside, name, run) : [])],
  };
}

/** A sentence on how a run of a sweep has ended. */
function sweepHead({ outcome, read = 0, begun = read > 0, code }: Swept, name: string, after = ''): string {
  switch (outcome) {
    case 'complete':
      return `The sweep of ${name} is whole${after}.`;
    case 'idle':
      return `No sweep of ${name} is under way.`;
    case 'stopped':
      return `The sweep of ${name} has stopped in time${after}: the next run that has read everything goes on with it.`;
    case 'waiting':
      return begun
        ? `The sweep of ${name} has read everything${after}. The next run that comes as far goes on with it.`
        : `A sweep of ${name} is under way already and has read everything, so none was begun. The next run that comes as far goes on with it.`;
    case 'guard':
      return `The sweep of ${name} is held back: too many records have vanished, and a person must look first.`;
    case 'failed':
      return `The sweep of ${name} has failed: ${code ?? 'unknown'}. What the run handed over stays so.`;
    case 'paused':
      return `The sweep of ${name} does nothing, as the job is paused.`;
    case 'already-running':
      return `Another run is at work on the sweep of ${name}, so this one has done nothing.`;
    case 'lease-lost':
      return `Another run has taken over the sweep of ${name}, and goes on with it.`;
    default:
      return `The sweep of ${name}: ${outcome}.`;
  }
}

function handedOverBy({ found = 0, tombstones = 0 }: Swept): string {
  return `${handedOver({ found, tombstones })} handed over`;
}

function nextLine({ outcome, code }: Swept, name: string, { repeat }: Run): string[] {
  const held = outcome === 'failed' && code === 'SWEEP_GUARD' ? 'guard' : outcome;
  const next = { waiting: 'run', guard: 'confirm', paused: 'resume' }[held];
  return next === undefined ? [] : [`Next:  ${SYNC} ${next} ${name}${repeat}`];
}

/** What a run did for the sweep under way, when there is one. */
function besideLines(swept: Swept, name: string, run: Run): string[] {
  if (swept.outcome === 'idle' || swept.outcome === 'none') return [];
  const isHeld = swept.outcome === 'failed' && swept.code === 'SWEEP_GUARD';
  const head = sweepHead(isHeld ? { ...swept, outcome: 'guard' } : { ...swept, begun: true }, name);
  const didMore = (swept.found ?? 0) + (swept.tombstones ?? 0) > 0 || swept.outcome === 'complete';
  return [head, ...(didMore ? [`By the sweep: ${handedOverBy(swept)}.`] : []), ...nextLine(swept, name, run)];
}

function runLines(answer: Answer, { name, tookMs }: Told, run: Run): string[] {
  const { outcome, pages = 0, records = 0, objects = [], cursor } = answer;
  if (outcome === 'already-running') {
    return [
      `Another run of ${name} is at work, so this one has done nothing. ${SYNC} status ${name}${run.repeat} shows it.`,
    ];
  }
  if (outcome === 'paused' && pages === 0) return [headOf(answer, name, run)];
  return [
    `${headOf(answer, name, run)} ${counted(records, 'record')} handed over in ${duration(tookMs)}, from ${counted(pages, 'page')}.`,
    ...remarksOf(answer),
    ...(cursor ? [`Newest record: ${cursor.at}, ${cursor.id}.`] : []),
    ...objects.slice(0, MOST_NAMES).map((object) => `  ${object}`),
    ...(objects.length > MOST_NAMES ? [`  and ${objects.length - MOST_NAMES} more (--json names all)`] : []),
  ];
}

function headOf({ outcome, bound, code }: Answer, name: string, run: Run): string {
  if (code === 'SYNC_NOTHING_SEEN') {
    return `Siebel shows ${name} no record at all, where it had shown some: look at its view mode, the user's responsibilities and the name of the component. The next tick asks again; when all are really gone: ${SYNC} reset ${name} --to T${run.repeat}, T an instant before they went`;
  }
  if (code !== undefined) {
    return `${name} has stopped: ${code}, which docs/errors.md explains; the next tick goes on where it is.`;
  }
  switch (outcome) {
    case 'complete':
      return `${name} has read everything${bound === undefined ? '' : ` up to ${bound}`}.`;
    case 'stopped':
      return `${name} has stopped in time, with more to read: the next tick goes on where it is.`;
    case 'paused':
      return `${name} is paused; ${SYNC} resume ${name}${run.repeat} lets it go on.`;
    case 'lease-lost':
      return `Another run has taken ${name} over: what this one had not handed over by then, the other one hands over.`;
    default:
      return `${name}: ${outcome}.`;
  }
}

function remarksOf({ repeats = 0, quarantined = 0, own = 0 }: Answer): string[] {
  return [
    ...(repeats > 0
      ? [`${counted(repeats, 'record')} had been handed over before, and ${repeats === 1 ? 'was' : 'were'} left out.`]
      : []),
    ...(own > 0 ? [`${counted(own, 'record')} left out as changed by the integration itself.`] : []),
    ...(quarantined > 0
      ? [`${counted(quarantined, 'record')} kept apart in quarantine: not as siebel.config.ts declares the component.`]
      : []),
  ];
}
