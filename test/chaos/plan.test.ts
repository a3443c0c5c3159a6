import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, planFaults, withRefusals } from './fault-plan.ts';
import { nearbyShuffled, produce } from './messages.ts';
import { HELP, parseOptions } from './options.ts';
import { amountOf, numberIn, tokenOf } from './produced.ts';

const AROUND = {
  accepts: ['account.upsert', 'contact.upsert', 'service-request.create', 'service-request.update', 'credit.check'],
  envelopes: ['eventbridge'],
  accounts: ['Harbour Supplies', 'Northern Mills'],
  requests: Array.from({ length: 400 }, (_, index) => `1-SR${index}`),
  fifo: false,
};
const planOf = (seed: number, rate = 0.2, fifo = false) =>
  planFaults(produce(1_000, seed, { ...AROUND, fifo }), { seed, rate, fifo });

describe('the messages of a run', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(produce(300, 5, AROUND)).toEqual(produce(300, 5, AROUND));
    expect(produce(300, 5, AROUND)).not.toEqual(produce(300, 6, AROUND));
  });

  it.each([false, true])('each have a stamp, and a number by which their call is known (FIFO %s)', (fifo) => {
    const messages = produce(1_000, 5, { ...AROUND, fifo });
    const inputs = [...Map.groupBy(messages, ({ call, input }) => `${call} ${input}`).values()].map(([first]) => first);
    const stamps = inputs.flatMap((message) => message?.effect?.stamp.value ?? []);

    expect(new Set(stamps).size).toBe(stamps.length);
    expect(stamps.length).toBeGreaterThan(800);
    for (const { body, call, effect, parkedAs } of messages)
      if (effect && parkedAs.length === 0) expect(messages[numberIn(body) ?? -1]?.call).toBe(call);
  });

  it('change every record by one call, unless a group of a FIFO queue orders them', () => {
    const records = (fifo: boolean) =>
      produce(1_000, 5, { ...AROUND, fifo }).flatMap(({ effect, call }) => {
        const record = effect?.values['Person UId'] ?? effect?.id ?? effect?.values['Integration Id'];
        return record === undefined ? [] : [{ record, call }];
      });
    const shared = (fifo: boolean) =>
      [...Map.groupBy(records(fifo), ({ record }) => record).values()].filter(
        (same) => new Set(same.map(({ call }) => call)).size > 1,
      ).length;

    expect(shared(false)).toBe(0);
    expect(shared(true)).toBeGreaterThan(5);
    expect(produce(100, 5, { ...AROUND, fifo: true }).every(({ group }) => group !== undefined)).toBe(true);
  });

  it('ask only for what the queue accepts', () => {
    const messages = produce(300, 5, { ...AROUND, accepts: ['account.upsert'] });
    const operations = new Set(
      messages.filter(({ effect, parkedAs }) => effect && parkedAs.length === 0).map(({ call }) => call?.split(' ')[0]),
    );

    expect([...operations]).toEqual(['account.upsert']);
  });

  it('are sent in an order near to that of their numbers, the same for the same seed', () => {
    const messages = produce(300, 5, AROUND);
    const order = nearbyShuffled(messages, 5).map(({ number }) => number);

    expect(order).toEqual(nearbyShuffled(messages, 5).map(({ number }) => number));
    expect(order).not.toEqual(order.toSorted((one, other) => one - other));
    expect(Math.max(...order.map((number, place) => Math.abs(number - place)))).toBeLessThan(50);
  });

  it.each([tokenOf(0), tokenOf(123_456), `"Amount":"${amountOf(42)}"`, `{"Amount": ${amountOf(7)}}`])(
    'are known by %s',
    (text) => {
      expect(numberIn(`x ${text} y`)).toBeTypeOf('number');
    },
  );
});

describe('the plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planOf(5)).toEqual(planOf(5));
    expect([...planOf(5).keys()]).not.toEqual([...planOf(6).keys()]);
  });

  it.each([0.05, 0.2, 0.4])('deals faults to a share of %d of the messages, and every kind at least once', (rate) => {
    const plan = planOf(5, rate);

    expect(plan.size / 1_000).toBeGreaterThan(rate - 0.02);
    expect(plan.size / 1_000).toBeLessThan(rate + 0.02);
    expect(new Set([...plan.values()].map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  });

  it('is empty without faults', () => {
    expect(planOf(5, 0).size).toBe(0);
  });

  it('disturbs no order on a FIFO queue that nobody could keep', () => {
    const kinds = new Set([...planOf(5, 0.2, true).values()].map(({ kind }) => kind));

    expect(kinds.has('delivered twice') || kinds.has('held back')).toBe(false);
    expect(kinds.has('lost answer')).toBe(true);
  });

  it('tells the producer of every message whose call will be refused', () => {
    const messages = produce(1_000, 5, AROUND);
    const plan = planOf(5);
    const refused = new Set(
      messages.filter(({ number }) => plan.get(number)?.kind === 'refused').map(({ call }) => call),
    );
    const told = withRefusals(messages, plan).filter(({ parkedAs }) => parkedAs[0] === 'SIEBEL_VALIDATION');

    expect(refused.size).toBeGreaterThan(3);
    expect(told.filter(({ call }) => refused.has(call)).length).toBe(
      messages.filter(({ call }) => refused.has(call)).length,
    );
  });
});

describe('the options of the command', () => {
  const parse = (...args: string[]) => parseOptions(args, () => 99);

  it('have defaults, and a seed that is drawn', () => {
    expect(parse()).toEqual({
      messages: 10_000,
      seed: 99,
      faultRate: 0.2,
      unique: [false, true],
      fifo: false,
      out: undefined,
      keep: false,
    });
    expect(parse('--short', '--seed', '7', '--unique', 'on', '--fifo', '--out', 'a.json')).toMatchObject({
      messages: 500,
      seed: 7,
      unique: [true],
      fifo: true,
      out: 'a.json',
    });
  });

  it.each([
    ['--messages', '0'],
    ['--messages', 'x'],
    ['--seed', '-1'],
    ['--fault-rate', '0.9'],
    ['--unique', 'maybe'],
    ['--nothing'],
    ['1'],
  ])('refuse %s %s with a sentence', (...args) => {
    expect(parse(...args)).toHaveProperty('problem');
  });

  it('are all in the help', () => {
    expect(parse('--help')).toBe('help');
    for (const option of ['messages', 'seed', 'fault-rate', 'unique', 'fifo', 'short', 'out', 'keep', 'help'])
      expect(HELP).toContain(`--${option} `);
  });
});
