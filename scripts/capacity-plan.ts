import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { allowance, type Capacity, type PlannedWay, planned, plannedWays } from '../lib/operations/capacity.ts';
import type { Integration } from '../lib/operations/index.ts';
import { widestWindow } from '../lib/operations/sync-job.ts';
import { runCommand } from './bundle.ts';

const PAGE = fileURLToPath(new URL('../docs/capacity.md', import.meta.url));

/**
 * An assumed call of Siebel, and a write to the state table with its share of our own CPU: half of what the ledger adds to such
 * a call in docs/performance.md (Q1).
 */
const CALL_MS = 150;
const STATE_WRITE_MS = 7.5;
const STATE_WRITES = 2;
const BACKLOGS = [10_000, 100_000, 1_000_000];

const HELD_BY: Readonly<Record<PlannedWay['way'], string>> = {
  queue: '`MaximumConcurrency` of the event source mapping × `queue.inFlight`',
  api: 'reserved concurrency of the function',
  sync: 'reserved concurrency of the function × `window` of the widest job',
  backfill: '`MaximumConcurrency` of the event source mapping',
  tools: 'one call at a time of the command line',
};

/** What stands behind this line of the page is written by people, and stays. */
const BY_HAND = '<!-- by hand from here -->';

/**
 * The page docs/capacity.md: the plan of an integration, with the arithmetic.
 *
 * @param before The page as it is: what people have written at its end stays.
 */
export function capacityPage({ capacity, queue, sync }: Integration, before = ''): string {
  const ways = plannedWays(capacity, queue.inFlight, widestWindow(sync));
  const [, byHand = '\n'] = before.split(BY_HAND);
  return `# Capacity

Written from \`siebel.config.ts\` by \`npm run fix\`: change it there. \`npm run package\` checks the plan, and prints it.

## Connections

Siebel serves ${count(capacity.siebelConnections)} requests at a time. ⌊0.9 × ${count(capacity.siebelConnections)}⌋ = ${count(allowance(capacity))} of them may be planned; the rest is for requests that
were given up and still work in Siebel (R49; \`test/stack/capacity.test.ts\` counts them at the stand-in). The shares come to ${ways.map(({ connections }) => connections).join(' + ')} = ${count(planned(capacity))}.

${table(
  ['way in', 'connections', 'containers × calls at a time', 'held by'],
  ways.map(({ way, connections, containers, inFlight }) => [
    way,
    String(connections),
    `${containers} × ${inFlight}`,
    HELD_BY[way],
  ]),
)}
## What the queue carries

A call of ${CALL_MS} ms holds its connection for so long; a write waits for ${STATE_WRITES} writes to the state table of ${STATE_WRITE_MS} ms besides, which
makes W = ${CALL_MS} + ${STATE_WRITES} × ${STATE_WRITE_MS} = ${writeMs()} ms. With L calls at a time, λ = L / W (Little's law), however L is divided into containers.
Put in the times of your Siebel: half the time, twice the records.

${table(
  ['', 'L', 'W', 'λ, records a second', 'an hour'],
  [['calls alone', CALL_MS] as const, ['writes', writeMs()] as const].map(([what, ms]) => {
    const rate = rateOf(capacity, ways, ms);
    return [what, String(capacity.queue), `${ms} ms`, count(Math.floor(rate)), count(Math.floor(rate * 3_600))];
  }),
)}
## How long a backlog drains

B messages drain in B / (λ − arrivals), for writes:

${table(
  ['messages', 'nothing arrives', 'arrivals at λ / 2'],
  BACKLOGS.map((backlog) => {
    const seconds = backlog / rateOf(capacity, ways, writeMs());
    return [count(backlog), duration(seconds), duration(seconds * 2)];
  }),
)}
After an outage the first messages come within five minutes, the longest pause between two tries.

## Calls a minute

${callsPerMinutePart(capacity, ways)}
${BY_HAND}${byHand}`;
}

/** The plan in lines for a terminal. */
export function describePlan({ capacity, queue, sync }: Integration): string {
  const { siebelConnections, callsPerMinute } = capacity;
  const ways = plannedWays(capacity, queue.inFlight, widestWindow(sync));
  const lines = ways.map(({ way, connections, containers, inFlight, ...each }) => {
    const share = each.callsPerMinute === undefined ? '' : `, ${rounded(each.callsPerMinute)} calls a minute each`;
    return `           ${way.padEnd(9)}${String(connections).padStart(4)}  ${containers} × ${inFlight}${share}`;
  });
  const limit = callsPerMinute === undefined ? '' : `; ${count(callsPerMinute)} calls a minute`;
  return [
    `capacity   ${planned(capacity)} of ${allowance(capacity)} connections that may be planned (Siebel has ${siebelConnections})${limit}`,
    ...lines,
  ].join('\n');
}

function callsPerMinutePart(capacity: Capacity, ways: readonly PlannedWay[]): string {
  const { callsPerMinute } = capacity;
  const most = Math.floor((planned(capacity) / CALL_MS) * 60_000);
  const why = `All shares together make at most ${planned(capacity)} / ${CALL_MS} ms = ${count(most)} calls a minute. Siebel may have the identity domain look
at the token of each call, and an identity domain has a limit: 1,000 a minute, for some.`;
  if (callsPerMinute === undefined) {
    return `${why}
\`capacity.callsPerMinute\` is not set, so that nothing holds them to it.
`;
  }
  return `${why}
\`capacity.callsPerMinute\` is ${count(callsPerMinute)}, split by the shares of the connections, then over the containers. A container may save
up the calls of one second.

${table(
  ['way in', 'share', 'of all a minute', 'containers', 'each a minute'],
  ways.map(({ way, connections, containers, callsPerMinute: each = 0 }) => [
    way,
    `${connections} / ${planned(capacity)}`,
    rounded(each * containers),
    String(containers),
    rounded(each),
  ]),
)}`;
}

/** Records a second that the queue carries, when each is one call. */
function rateOf(capacity: Capacity, ways: readonly PlannedWay[], callMs: number): number {
  const { containers = 0, callsPerMinute = Number.POSITIVE_INFINITY } = ways.find(({ way }) => way === 'queue') ?? {};
  return Math.min((capacity.queue * 1_000) / callMs, (callsPerMinute * containers) / 60);
}

function writeMs(): number {
  return CALL_MS + STATE_WRITES * STATE_WRITE_MS;
}

function duration(seconds: number): string {
  if (seconds < 600) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function rounded(value: number): string {
  return (Math.floor(value * 10) / 10).toLocaleString('en-US');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runCommand(async () => {
    const { default: integration } = await import('../siebel.config.ts');
    const before = await readFile(PAGE, 'utf8').catch(() => '');
    await writeFile(PAGE, capacityPage(integration, before));
  });
}
