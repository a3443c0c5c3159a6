import type { Deployment } from '../deployment.ts';
import type { Ready } from '../ready.ts';
import { tourMessages } from './messages.ts';
import { type Outside, outside } from './outside.ts';
import type { Reporter } from './reporter.ts';

/** What only the stack itself knows. */
export interface Observed {
  readonly deployment: Deployment;
  secretReads(): number;
  /** Sandboxes started so far, by function. */
  containers(): Readonly<Record<string, number>>;
}

interface ControlStats {
  readonly requests: number;
  readonly introspections: number;
  readonly highestInFlight: number;
  readonly identity: { readonly tokenRequests: number };
}

const POLL_MS = 100;
const QUEUE_PATIENCE_MS = 60_000;
/** Functions that call Siebel, and so need a token and the secret. */
const CALLERS = ['schedule', 'queue', 'api'];

/**
 * Walks the three ways in, from outside and one after another, and compares what happened with what should have. A step
 * that `siebel.config.ts` no longer declares is left out.
 *
 * @returns What went wrong, in sentences; empty when all went well.
 */
export async function tour(
  ready: Ready,
  observed: Observed,
  { records, seed, tokenLifeSeconds }: { records: number; seed: number; tokenLifeSeconds: number },
  report: Reporter,
): Promise<string[]> {
  const from = outside(ready);
  const startedAtMs = performance.now();
  const { schedules, queue, api } = observed.deployment;
  const hasRoute = (key: string) => api.routes.some(({ routeKey }) => routeKey === key);
  const steps: readonly (readonly [string, boolean, () => Promise<string[]>])[] = [
    [
      '1  Schedule: the job "accounts" pulls what changed in Siebel',
      schedules.some(({ job }) => job === 'accounts'),
      () => syncAccounts(from, ready, records, report),
    ],
    [
      '2  Queue: messages upsert accounts',
      queue.accepts.includes('account.upsert'),
      () => upsertAccounts(from, { seed, canSearch: hasRoute('GET /accounts') }, report),
    ],
    ['3  HTTP: a request reads an account', hasRoute('GET /accounts/{Id}'), () => readAccount(from, report)],
  ];
  try {
    const problems: string[] = [];
    for (const [title, isDeclared, step] of steps) {
      report.note(`\n${title}`);
      if (isDeclared) problems.push(...(await step().catch((error: Error) => [error.message])));
      else report.note('   left out: siebel.config.ts declares no such thing');
    }
    // Renewals begin when a fifth of the life is left.
    const renews = performance.now() - startedAtMs > tokenLifeSeconds * 700;
    return [...problems, ...(await costs(from, observed, renews, report))];
  } finally {
    from.close();
  }
}

async function syncAccounts(from: Outside, ready: Ready, records: number, report: Reporter): Promise<string[]> {
  const startedAt = performance.now();
  const before = ((await from.control('/-/stats')) as ControlStats).requests;
  const run = from.tick('accounts');
  const result = await watched(run, async () => {
    const { requests } = (await from.control('/-/stats')) as ControlStats;
    report.progress(`   ${requests - before} pages read …`);
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const { records: synced, pages, objects } = result as { records: number; pages: number; objects: string[] };
  report.say(
    `   ${counted(synced, 'record')} in ${counted(pages, 'page')} → ${counted(objects.length, 'object')} in ${seconds} s${
      objects[0] ? `: s3://${ready.syncBucket}/${objects[0]} …` : ''
    }`,
    'synced',
    result,
  );
  return synced === records ? [] : [`the sync wrote ${synced} records where Siebel has ${records}`];
}

async function upsertAccounts(
  from: Outside,
  { seed, canSearch }: { seed: number; canSearch: boolean },
  report: Reporter,
): Promise<string[]> {
  const found = canSearch ? (await from.get('/accounts?limit=3')).body : {};
  const existing = found as { items?: { Name: string; Location: string }[] };
  const accounts = (existing.items ?? []).map(({ Name, Location }) => ({ Name, Location }));
  const messages = tourMessages(accounts, seed);
  const sinceMs = Date.now();
  report.note(`   ${messages.length} messages, ${messages.filter(isBad).length} of them impossible`);
  await from.send(messages.map(({ body }) => body));
  const drained = await settled(from, (left) => report.progress(`   ${left} messages left …`));

  const codes = (await from.parkedCodes(sinceMs)).sort();
  const expected = messages.flatMap(({ parkedAs }) => parkedAs ?? []).sort();
  const done = messages.length - codes.length;
  report.say(
    `   ${done} done: ${messages.length - expected.length - accounts.length} accounts created, ${accounts.length} changed\n   ${codes.length} parked in the state table: ${codes.join(', ')}`,
    'settled',
    { messages: messages.length, done, parked: codes },
  );
  return [
    ...(drained ? [] : [`the queue was not empty after ${QUEUE_PATIENCE_MS / 1_000} s`]),
    ...(codes.join() === expected.join() ? [] : [`parked were ${codes.join()}, expected ${expected.join()}`]),
    ...(await missingAccounts(from, messages)),
  ];
}

/** Looks at Siebel's own records, not at what the function said. */
async function missingAccounts(from: Outside, messages: ReturnType<typeof tourMessages>): Promise<string[]> {
  const { records } = (await from.control('/-/records?component=Account')) as { records: Record<string, string>[] };
  const active = new Set(
    records.filter((row) => row['Account Status'] === 'Active').map((row) => `${row['Name']}|${row['Location']}`),
  );
  return messages
    .filter((message) => !isBad(message))
    .map(({ body }) => (JSON.parse(body) as { input: { Name: string; Location: string } }).input)
    .filter(({ Name, Location }) => !active.has(`${Name}|${Location}`))
    .map(({ Name }) => `the account ${Name} is not in Siebel`);
}

async function readAccount(from: Outside, report: Reporter): Promise<string[]> {
  const { records } = (await from.control('/-/records?component=Account')) as { records: Record<string, string>[] };
  const id = records.find((row) => row['Id']?.includes('+'))?.['Id'] ?? records[0]?.['Id'] ?? '';
  const path = `/accounts/${encodeURIComponent(id)}`;
  report.note(`   GET ${path}`);
  const { status, body } = await from.get(path);
  report.say(`   ${status} ${JSON.stringify(body)}`, 'answered', { path, status, body });
  return status === 200 && (body as { Id?: string }).Id === id ? [] : [`GET ${path} answered ${status}`];
}

async function costs(
  from: Outside,
  { deployment, ...observed }: Observed,
  renews: boolean,
  report: Reporter,
): Promise<string[]> {
  const stats = (await from.control('/-/stats')) as ControlStats;
  const containers = Object.entries(observed.containers()).filter(([name]) => CALLERS.includes(name));
  const count = containers.reduce((sum, [, started]) => sum + started, 0);
  const { tokenRequests } = stats.identity;
  const { planned } = deployment.capacity;
  const secretReads = observed.secretReads();
  report.say(
    [
      `\n   containers that call Siebel   ${count} (${containers.map(([name, started]) => `${name} ${started}`).join(', ')})`,
      `   token requests                ${tokenRequests}, one per container${renews ? ' and life of a token' : ''}`,
      `   secret reads                  ${secretReads}, one per container${renews ? ', and before a renewal' : ''}`,
      `   Siebel calls                  ${stats.requests}, each token introspected: ${stats.introspections}`,
      `   most under way at Siebel      ${stats.highestInFlight} of ${planned} planned`,
    ].join('\n'),
    'counted',
    { containers: Object.fromEntries(containers), secretReads, ...stats },
  );
  return [
    ...(tokenRequests === count || (renews && tokenRequests > count)
      ? []
      : [`${tokenRequests} token requests for ${count} containers`]),
    ...(secretReads === count || (renews && secretReads > count)
      ? []
      : [`${secretReads} secret reads for ${count} containers`]),
    ...(stats.highestInFlight <= planned
      ? []
      : [`${stats.highestInFlight} requests under way at Siebel, planned are ${planned}`]),
  ];
}

function isBad({ parkedAs }: { parkedAs?: string }): boolean {
  return parkedAs !== undefined;
}

/** `1 page`, `5,000 records` */
function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** True when the queue became empty in time. */
async function settled(from: Outside, each: (left: number) => void): Promise<boolean> {
  const untilMs = performance.now() + QUEUE_PATIENCE_MS;
  while (performance.now() < untilMs) {
    const left = await from.queued();
    if (left === 0) return true;
    each(left);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** Awaits the work, looking at it every now and then. */
async function watched<T>(work: Promise<T>, look: () => Promise<void>): Promise<T> {
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  ended.catch(() => {});
  while (!over) {
    await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
    if (!over) await look();
  }
  return ended;
}
