import { describe, expect, it } from 'vitest';
import { IN_FLIGHT } from './consumer.ts';
import { contactMessage, requestMessage, scene } from './scene.ts';
import type { Health } from './siebel-model.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a call that kills its process (R75)', () => {
  it.each([
    ['a repeatable write', 'contact.upsert', contactMessage('poison')],
    ['an insert', 'service-request.create', requestMessage('poison')],
  ])('%s is parked REPEATED_CRASH at its fifth death, and its neighbours are done', async (_, operation, poison) => {
    const { queue, calls, siebel, source, drained } = scene({ seed: 75, kills: (body) => body.includes('poison') });
    queue.send(poison);
    for (let index = 1; index < 10; index += 1) {
      queue.send(index % 2 === 0 ? contactMessage(`c${index}`) : requestMessage(`r${index}`));
    }
    await drained(6 * HOUR_MS);

    expect(calls.parked()).toEqual([{ code: 'REPEATED_CRASH', key: 'poison' }]);
    expect(source.counts().deaths).toBe(5);
    expect(calls.item(operation, 'poison')).toMatchObject({ state: 'REJECTED', code: 'REPEATED_CRASH' });
    const keys = siebel.commits.map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set(['r1', 'c2', 'r3', 'c4', 'r5', 'c6', 'r7', 'c8', 'r9']));
    expect(keys.filter((key) => key.startsWith('r')).length).toBe(5);
    expect(queue.counts()).toMatchObject({ left: 0, deadLettered: 0 });
  });

  it('is not taken for one that times out, however often it does', async () => {
    let health: Health = 'silent';
    const { queue, calls, siebel, source, clock, drained } = scene({ seed: 76, healthAt: () => health });
    queue.send(contactMessage('c1'));
    queue.send(requestMessage('r1'));
    await clock.advance(6 * HOUR_MS);
    expect(queue.counts().highestReceiveCount).toBeGreaterThan(12);
    expect(siebel.requests()).toBeGreaterThan(12);
    expect(calls.parked()).toEqual([]);

    health = 'well';
    await drained(HOUR_MS);
    expect(siebel.commits.map(({ key }) => key).sort()).toEqual(['c1', 'r1']);
    expect([calls.item('contact.upsert', 'c1'), calls.item('service-request.create', 'r1')]).toMatchObject([
      { state: 'DONE' },
      { state: 'DONE' },
    ]);
    expect(source.counts()).toMatchObject({ deaths: 0, timeOuts: 0 });
  });
});

describe('a batch', () => {
  it('is worked on in as many lanes as calls may be in flight, and never in more', async () => {
    const { queue, clock, siebel, outcomes, batchSize } = scene({ seed: 1, latencyMs: 1_000 });
    for (let index = 0; index < batchSize; index += 1) queue.send(contactMessage(`c${index}`));
    const startedAtMs = clock.now();
    while (outcomes.size < batchSize) await clock.advance(100);
    const tookMs = clock.now() - startedAtMs;
    // One call behind the other in each lane, and room for what stands around them.
    const rounds = Math.ceil(batchSize / IN_FLIGHT);
    expect(tookMs).toBeGreaterThanOrEqual(rounds * 1_000);
    expect(tookMs).toBeLessThanOrEqual(rounds * 1_000 * 1.1);
    expect(siebel.mostAtWork()).toBe(IN_FLIGHT);
  });

  it('leaves two writes of state per message', async () => {
    const { queue, calls, drained } = scene({ seed: 2 });
    for (let index = 0; index < 100; index += 1) {
      queue.send(index % 2 === 0 ? contactMessage(`c${index}`) : requestMessage(`r${index}`));
    }
    await drained(HOUR_MS);
    expect(calls.writes()).toBe(200);
  });
});

it('answers each batch with the ids of its own messages that go back, each once, and with nothing else, or throws (R01, R02, F109)', async () => {
  const weather: readonly Health[] = ['well', '503', 'well', 'loses answers', 'refuses', 'well', 'silent'];
  const answers: { readonly answer: unknown; readonly ids: ReadonlySet<string> }[] = [];
  const own = scene({
    seed: 109,
    healthAt: (nowMs) => weather[Math.floor(nowMs / 20_000) % weather.length] ?? 'well',
    kills: (body) => body.includes('"c9"'),
    onAnswer: (answer, ids) => void answers.push({ answer, ids }),
  });
  for (let index = 0; index < 400; index += 1) {
    own.queue.send(index % 7 === 0 ? '{' : index % 2 === 0 ? requestMessage(`r${index}`) : contactMessage(`c${index}`));
    await own.clock.advance(1_000);
  }
  await own.drained(12 * HOUR_MS);
  expect(own.queue.counts().left).toBe(0);
  expect(answers.length).toBeGreaterThan(50);
  for (const { answer, ids } of answers) {
    const { batchItemFailures, ...rest } = answer as { batchItemFailures: { itemIdentifier: string }[] };
    expect(rest).toEqual({});
    const named = batchItemFailures.map(({ itemIdentifier, ...more }) => [itemIdentifier, more] as const);
    expect(named.every(([id, more]) => ids.has(id) && Object.keys(more).length === 0)).toBe(true);
    expect(new Set(named.map(([id]) => id)).size).toBe(named.length);
  }
});

describe('what Siebel asks for in Retry-After', () => {
  it('keeps the message hidden for that long, with no call in between (R48)', async () => {
    let health: Health = '503 with Retry-After';
    const { queue, clock, siebel, drained } = scene({ seed: 48, healthAt: () => health });
    queue.send(contactMessage('c1'));
    const startedAtMs = clock.now();
    await clock.advance(110_000);
    expect(siebel.requests()).toBe(1);
    health = 'well';
    await drained(5 * MINUTE_MS);
    const [commit] = siebel.commits;
    expect(siebel.commits).toHaveLength(1);
    expect((commit?.atMs ?? 0) - startedAtMs).toBeGreaterThanOrEqual(120_000);
    expect((commit?.atMs ?? 0) - startedAtMs).toBeLessThanOrEqual(130_000);
  });
});
