import { parseJson } from '../../lib/json.ts';
import type { StoredCall } from '../../lib/state/parked-item.ts';
import { MESSAGES, type Report, type Run } from '../command.ts';
import { instant, printable, printableLines, shellWord } from '../printable.ts';
import { callJson } from './call-json.ts';
import { browseDeadLetters, type DeadLetter, deadLetterJson, isNamed, notFound } from './dead-letters.ts';
import { type CallAddress, findCall } from './find-calls.ts';
import { isNameless, isUncertain, nameOf, nextSteps, reasonOf, siebelMeaning, warningOf } from './reason.ts';

/** Of a longer body the rest is left to `--json`. */
const MAX_BODY_LENGTH = 16_384;
const LABEL_WIDTH = 15;

/** Shows everything that is kept of one call, and what may be done about it. */
export async function showCall(run: Run, address: CallAddress): Promise<Report> {
  const parked = run.runtime.parked();
  const call = await findCall(parked, address, run);
  const correction = call.correctedPk === undefined ? undefined : await parked.readCorrection(call.correctedPk);
  return {
    exitCode: 0,
    json: callJson(call, correction, run.runtime.integration),
    lines: [
      ...headOf(call),
      ...bodyLines('body', call.body),
      ...bodyLines('correction', correction),
      ...stepsOf(call, run),
    ],
  };
}

/** Shows one message of the dead-letter queue, and gives it back. */
export async function showDeadLetter(run: Run, name: string): Promise<Report> {
  const queue = run.runtime.deadLetters();
  let found: DeadLetter | undefined;
  const browsed = await browseDeadLetters(run, {}, async (letter) => {
    if (isNamed(letter, new Set([name]))) found = letter;
    return { verdict: 'keep', done: found !== undefined };
  });
  if (!found) throw notFound([name], queue.name, browsed);

  const { message, reading } = found;
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).map(([attribute, { StringValue, BinaryValue }]) => [
      attribute,
      StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64'),
    ]),
  );
  return {
    exitCode: 0,
    json: { ...deadLetterJson(found), body: message.body, attributes },
    lines: [
      `${printable(reading.key ?? message.messageId)}   in ${queue.name}`,
      field('operation', reading.operation ?? '-'),
      field('message id', message.messageId),
      field('sent', message.sentAtMs === undefined ? '-' : instant(message.sentAtMs)),
      ...Object.entries(attributes).map(([attribute, value]) => field('attribute', `${attribute} = ${value}`)),
      ...bodyLines('body', message.body),
      '',
      'what to do',
      '  Nobody could classify it: the log lines CALL_SETTLED of its key say what happened at each receive. Once that is mended:',
      `    ${MESSAGES} redrive ${shellWord(message.messageId)} --dead-letters${run.repeat}`,
    ],
  };
}

function headOf(call: StoredCall): string[] {
  const reason = call.code === undefined ? undefined : reasonOf(call.code);
  const standing = call.parked ? 'parked' : call.state === 'REJECTED' ? 'refused, no longer in the list' : call.state;
  return [
    `${printable(nameOf(call))}   ${standing}`,
    field('operation', call.operation ?? '-'),
    ...optionalField('key', call.key === nameOf(call) ? undefined : call.key),
    ...optionalField('code', call.code && `${call.code}${reason ? `: ${reason.meaning}` : ''}`),
    ...optionalField('detail', call.detail),
    ...call.siebelCodes.map((code) => field('Siebel code', [code, siebelMeaning(code)].filter(Boolean).join('  '))),
    ...call.issues.map(({ pointer, code, message }) => field('wrong', `${pointer || '/'}  ${code}  ${message}`)),
    ...(call.receiveCount === undefined ? [] : [field('received', receivedWords(call))]),
    ...optionalField('parked at', call.rejectedAtMs === undefined ? undefined : instant(call.rejectedAtMs)),
    ...optionalField('record', call.recordId),
    ...optionalField('message id', call.messageId),
    ...Object.entries(call.attributes).map(([name, value]) => field('attribute', `${name} = ${value}`)),
    ...(call.redriveSentAtMs === undefined
      ? []
      : [field('redriven', `${instant(call.redriveSentAtMs)}; ${whatNow(call)}`)]),
    ...call.audit.map(({ atMs, by, action, note }) =>
      field('history', `${instant(atMs)}  ${by}  ${action}${note === undefined ? '' : `: ${note}`}`),
    ),
  ];
}

function whatNow(call: StoredCall): string {
  if (isNameless(call)) return 'what becomes of it is kept under the key that it carries';
  return call.parked ? 'no consumer has started it yet' : 'the message does nothing any more, as the call was dropped';
}

function receivedWords({ receiveCount, firstSeenAtMs }: StoredCall): string {
  const first = firstSeenAtMs === undefined ? '' : `, first ${instant(firstSeenAtMs)}`;
  return `${receiveCount === 1 ? 'once' : `${receiveCount} times`}${first}`;
}

function stepsOf(call: StoredCall, run: Run): string[] {
  const { integration } = run.runtime;
  const steps = nextSteps(call, shellWord(nameOf(call)), integration);
  if (steps.length === 0) return [];
  // Of what is uncertain the warning and the steps say it all.
  const code = isUncertain(call, integration) ? undefined : call.code;
  const remedy = code === undefined ? undefined : reasonOf(code)?.remedy;
  const warning = warningOf(call, integration);
  const width = Math.max(...steps.map(([when]) => when.length));
  return [
    '',
    'what to do',
    ...(warning === undefined ? [] : [`  ${warning}`]),
    ...(remedy === undefined ? [] : [`  ${printable(remedy)}`]),
    ...steps.map(([when, command]) => `  ${when.padEnd(width)}  ${MESSAGES} ${printable(command)}${run.repeat}`),
  ];
}

function bodyLines(title: string, body: string | undefined): string[] {
  if (body === undefined) return [];
  const text = pretty(body);
  const shown = printableLines(text.slice(0, MAX_BODY_LENGTH)).map((line) => `  ${line}`);
  const rest = text.length - MAX_BODY_LENGTH;
  return ['', title, ...shown, ...(rest > 0 ? [`  … ${rest} characters more (--json shows all)`] : [])];
}

/** Indented where it is JSON, else as it is. */
function pretty(body: string): string {
  try {
    return JSON.stringify(parseJson(body, { maxStringLength: body.length }), null, 2);
  } catch {
    return body;
  }
}

function field(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${printable(value)}`;
}

function optionalField(label: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [field(label, value)];
}
