import { isObject } from '../../lib/json.ts';
import { canonicalHash } from '../../lib/ledger/payload-hash.ts';
import type { QueueMessage } from '../../lib/queue/message.ts';
import { type Report, type Run, usage } from '../command.ts';
import { counted } from '../printable.ts';
import { type LocatedIssue, Problem, toldOf } from '../problem.ts';
import { readJson, readText } from './input-file.ts';
import { checkMessage } from './message-check.ts';
import { throttle } from './throttle.ts';

export interface SendOptions {
  readonly operation?: string;
  readonly key?: string;
  readonly input?: string;
  readonly notAfter?: string;
  readonly file?: string;
  readonly group?: string;
  /** Messages a second; as fast as they go when absent. */
  readonly rate?: number;
  readonly dryRun?: boolean;
}

/** A message body with its place in the file. */
interface Line {
  readonly body: string;
  /** From 1; absent for the one message of the options. */
  readonly line?: number;
}

interface Checked extends Line {
  readonly message: QueueMessage;
}

/** Of a file with more mistakes than these the rest is counted. */
const MAX_ISSUES = 100;
const FASTEST = 1_000;

/**
 * Puts calls on the queue: one by its options, or those of a file, a message in JSON on each line. Everything is checked
 * before the first is sent, as the queue function will check it, and nothing is sent when one is wrong.
 */
export async function sendMessages(run: Run, options: SendOptions): Promise<Report> {
  const lines = await linesOf(options, run);
  const checked = checkAll(lines, run);
  const { dryRun = false, rate = FASTEST, group } = options;
  const queue = run.runtime.queue();
  const keys = checked.map(({ message: { operation, key } }) => ({ operation, key }));
  if (dryRun) {
    return {
      exitCode: 0,
      json: { dryRun, sent: [], wouldSend: keys, notSent: 0, interrupted: false, error: null },
      lines: [
        `Dry run: ${counted(checked.length, 'message')} would be sent to ${queue.name}; nothing is wrong with them.`,
      ],
    };
  }

  run.interruption.hold();
  const next = throttle(rate, run.clock, run.interruption.signal);
  let sent = 0;
  let failure: { readonly code: string; readonly message: string } | undefined;
  for (const { body, message } of checked) {
    if (!(await next())) break;
    const once = `${message.operation}#${message.key}#${run.clock.now()}`;
    try {
      await queue.send({ body, attributes: {}, group: group ?? message.key, once });
    } catch (error) {
      const { code, message: words } = toldOf(error);
      failure = { code, message: words };
      break;
    }
    sent += 1;
    run.terminal.progress(`${sent} of ${checked.length} sent …`);
  }
  const notSent = checked.length - sent;
  return {
    exitCode: notSent > 0 ? 1 : 0,
    json: {
      dryRun,
      sent: keys.slice(0, sent),
      wouldSend: [],
      notSent,
      interrupted: notSent > 0 && failure === undefined,
      error: failure ?? null,
    },
    lines: [
      `${counted(sent, 'message')} sent to ${queue.name}.`,
      ...(notSent > 0
        ? [
            `${failure ? `Stopped: ${failure.code}: ${failure.message}` : 'Interrupted'}. Not sent: ${counted(notSent, 'message')}, from ${placeOf(checked[sent])} on. To send all of them again does no harm: the same key with the same input is the same call.`,
          ]
        : []),
    ],
  };
}

async function linesOf({ file, ...one }: SendOptions, run: Run): Promise<readonly Line[]> {
  const { operation, key, input, notAfter } = one;
  if (file !== undefined) {
    if ([operation, key, input, notAfter].some((value) => value !== undefined)) {
      throw usage('--file has operation, key, input and notAfter in its lines: give the file, or the options');
    }
    const text = await readText(file, run);
    if (isOneDocument(text)) return [{ body: text.trim() }];
    const lines = text
      .split('\n')
      .map((body, index) => ({ body: body.replace(/\r$/, ''), line: index + 1 }))
      .filter(({ body }) => body.trim() !== '');
    if (lines.length === 0) throw new Problem('INVALID_INPUT', 'the file has no message', { exitCode: 2 });
    return lines;
  }
  if (operation === undefined || key === undefined || input === undefined) {
    throw usage('give --operation, --key and --input, or --file');
  }
  const value = await readJson(input, run);
  return [{ body: JSON.stringify({ operation, key, input: value, ...(notAfter === undefined ? {} : { notAfter }) }) }];
}

/** A single message may be written over several lines. */
function isOneDocument(text: string): boolean {
  try {
    return text.trim().includes('\n') && isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

function checkAll(lines: readonly Line[], { runtime: { integration }, clock }: Run): readonly Checked[] {
  const issues: LocatedIssue[] = [];
  const checked: Checked[] = [];
  const inputs = new Map<string, { readonly hash: string; readonly line: number | undefined }>();
  for (const line of lines) {
    const located = (issue: LocatedIssue) => (line.line === undefined ? issue : { ...issue, line: line.line });
    const result = checkMessage(line.body, integration, { nowMs: clock.now() });
    if ('issues' in result) {
      issues.push(...result.issues.map(located));
      continue;
    }
    const { operation, key, input } = result.message;
    const name = JSON.stringify([operation, key]);
    const hash = canonicalHash(input);
    const earlier = inputs.get(name);
    if (earlier && earlier.hash !== hash) {
      const message = `is the key of line ${earlier.line} too, with another input: the same key is the same call`;
      issues.push(located({ pointer: '/key', code: 'CONFLICT', message }));
    }
    if (!earlier) inputs.set(name, { hash, line: line.line });
    checked.push({ ...line, message: result.message });
  }
  if (issues.length > 0) {
    const wrong = new Set(issues.map(({ line }) => line)).size;
    const shown = issues.length > MAX_ISSUES ? ` (the first ${MAX_ISSUES} of ${issues.length} mistakes are shown)` : '';
    throw new Problem(
      'INVALID_INPUT',
      `${wrong} of ${counted(lines.length, 'message')} ${wrong === 1 ? 'is' : 'are'} wrong, and nothing was sent${shown}`,
      { exitCode: 2, issues: issues.slice(0, MAX_ISSUES) },
    );
  }
  return checked;
}

function placeOf(checked: Checked | undefined): string {
  return checked?.line === undefined ? 'the first' : `line ${checked.line}`;
}
