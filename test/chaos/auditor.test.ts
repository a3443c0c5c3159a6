import { describe, expect, it } from 'vitest';
import type { Commit } from '../../local-stack/siebel/commits.ts';
import { audit, type Evidence, type Rule } from './auditor.ts';
import { produce } from './messages.ts';
import type { Parked, Produced, Sent } from './produced.ts';

const AROUND = {
  accepts: ['account.upsert', 'contact.upsert', 'service-request.create', 'service-request.update', 'credit.check'],
  envelopes: ['eventbridge'],
  accounts: ['Harbour Supplies'],
  requests: Array.from({ length: 100 }, (_, index) => `1-SR${index}`),
};

/** What a faultless run of these messages leaves behind. Built here, from the producer's list alone. */
function faultless(fifo = false): Evidence & { commits: Commit[]; parked: Parked[] } {
  const sent = produce(400, 3, { ...AROUND, fifo }).map((message): Sent => ({ ...message, messageId: idOf(message) }));
  const commits: Commit[] = [];
  const parked: Parked[] = [];
  const rows = new Map<string, string>();
  const done = new Map<string, string>();
  for (const message of sent) {
    const { call = idOf(message), input, effect, parkedAs } = message;
    const known = done.get(call);
    if (known !== undefined && known !== input) parked.push(parkedAs_(message, 'CONFLICT'));
    if (known === undefined && parkedAs.length > 0) parked.push(parkedAs_(message, String(parkedAs[0])));
    if (known !== undefined || parkedAs.length > 0 || !effect) continue;
    done.set(call, input);
    const { kind, component, values, stamp } = effect;
    const name = `${component} ${values['Person UId'] ?? stamp.value}`;
    const id = effect.id ?? rows.get(name) ?? `1-${commits.length}`;
    const isNew = !rows.has(name) && effect.id === undefined;
    rows.set(name, id);
    append(commits, {
      kind: kind === 'run' ? 'run' : isNew ? 'insert' : 'update',
      component,
      id: kind === 'run' ? null : id,
      values: { ...values, [stamp.field]: stamp.value },
    });
  }
  return {
    sent,
    commits,
    parked,
    disturbed: new Set(),
    queue: { waiting: 0, hidden: 0, deadLetters: 0 },
    requests: { attempts: 400, calls: 390, highestInFlight: 8, highestAttended: 8 },
    limits: { planned: 18, queueShare: 8, attemptsPerCall: 1.4 },
  };
}

function idOf({ number }: Produced): string {
  return `id-${number}`;
}

function parkedAs_({ messageId, call }: Sent, code: string): Parked {
  const [operation, key] = call?.split(' ') ?? [];
  return { messageId, operation, key, code };
}

function append(commits: Commit[], commit: Pick<Commit, 'kind' | 'component' | 'id' | 'values'>): void {
  const number = commits.length + 1;
  commits.push({ ...commit, number, at: '2026-01-01T00:00:00.000Z', request: number, user: 'siebel-caller' });
}

function rulesBroken(evidence: Evidence): Rule[] {
  return [...new Set(audit(evidence).violations.map(({ rule }) => rule))].sort();
}

/** The first message that took effect alone under its key. */
function firstOf(evidence: Evidence, kind: 'repeatable' | 'insert' | 'run'): Sent & { effect: object } {
  const calls = Map.groupBy(evidence.sent, ({ call }) => call);
  const found = evidence.sent.find(
    ({ call, effect, parkedAs }) => effect?.kind === kind && parkedAs.length === 0 && calls.get(call)?.length === 1,
  );
  if (!found?.effect) throw new Error(`there is no ${kind}`);
  return { ...found, effect: found.effect };
}

function commitOf(evidence: Evidence, { effect }: Sent): Commit {
  const found = evidence.commits.find(
    ({ component, values }) =>
      effect && component === effect.component && values[effect.stamp.field] === effect.stamp.value,
  );
  if (!found) throw new Error('there is no commit');
  return found;
}

describe('the auditor of the chaos run', () => {
  it.each([false, true])('finds nothing wrong with a faultless run, FIFO %s', (fifo) => {
    const evidence = faultless(fifo);
    const { violations, applied, parkedByCode, attemptsPerCall } = audit(evidence);

    expect(violations).toEqual([]);
    expect(applied).toBe(evidence.commits.length);
    expect(parkedByCode['CONFLICT']).toBeGreaterThan(0);
    expect(attemptsPerCall).toBeCloseTo(400 / 390);
  });

  it('has every kind of message before it', () => {
    const { sent } = faultless();
    const calls = [...Map.groupBy(sent, ({ call }) => call).values()];

    expect(new Set(sent.map(({ effect }) => effect?.kind))).toEqual(
      new Set(['repeatable', 'insert', 'run', undefined]),
    );
    expect(sent.some(({ parkedAs }) => parkedAs.length > 0)).toBe(true);
    expect(calls.some((same) => same.length > 1 && new Set(same.map(({ input }) => input)).size === 1)).toBe(true);
    expect(calls.some((same) => new Set(same.map(({ input }) => input)).size > 1)).toBe(true);
  });

  describe('finds a planted violation:', () => {
    it.each(['repeatable', 'insert', 'run'] as const)('a lost %s', (kind) => {
      const evidence = faultless();
      const lost = commitOf(evidence, firstOf(evidence, kind));
      const commits = evidence.commits.filter((commit) => commit !== lost);
      const numbered = commits.map((commit, index) => ({ ...commit, number: index + 1 }));

      expect(rulesBroken({ ...evidence, commits: numbered })).toEqual(['LOST']);
    });

    it('a message that ought to be parked, and is not', () => {
      const evidence = faultless();
      const poison = evidence.sent.find(({ parkedAs, effect }) => parkedAs.length > 0 && !effect);
      const parked = evidence.parked.filter(({ messageId }) => messageId !== poison?.messageId);

      expect(rulesBroken({ ...evidence, parked })).toEqual(['LOST']);
    });

    it('inputs of one key that are all refused as conflicts of each other', () => {
      const evidence = faultless();
      const conflict = evidence.parked.find(({ code }) => code === 'CONFLICT');
      const same = evidence.sent.filter(({ call }) => call === `${conflict?.operation} ${conflict?.key}`);
      const parked = [
        ...evidence.parked.filter(({ messageId }) => same.every((message) => message.messageId !== messageId)),
        ...same.map((message) => parkedAs_(message, 'CONFLICT')),
      ];
      const taken = same.flatMap(({ effect }) => effect?.stamp.value ?? []);
      const commits = evidence.commits
        .filter(({ values }) => !taken.some((value) => Object.values(values).includes(value)))
        .map((commit, index) => ({ ...commit, number: index + 1 }));

      expect(rulesBroken({ ...evidence, commits, parked })).toEqual(['LOST']);
    });

    it.each(['repeatable', 'insert'] as const)('a second record of a %s', (kind) => {
      const evidence = faultless();
      append(evidence.commits, { ...commitOf(evidence, firstOf(evidence, kind)), kind: 'insert', id: '1-SECOND' });

      expect(rulesBroken(evidence)).toEqual(['APPLIED_TWICE']);
    });

    it('a second run of a service', () => {
      const evidence = faultless();
      append(evidence.commits, commitOf(evidence, firstOf(evidence, 'run')));

      expect(rulesBroken(evidence)).toEqual(['APPLIED_TWICE']);
    });

    it('but not a repeatable write that has set the same values twice', () => {
      const evidence = faultless();
      append(evidence.commits, { ...commitOf(evidence, firstOf(evidence, 'repeatable')), kind: 'update' });

      expect(rulesBroken(evidence)).toEqual([]);
    });

    it('both inputs of one key applied', () => {
      const evidence = faultless();
      const conflict = evidence.parked.find(({ code }) => code === 'CONFLICT');
      const other = evidence.sent.find(({ messageId }) => messageId === conflict?.messageId);
      const { component = '', stamp = { field: '', value: '' }, values = {} } = other?.effect ?? {};
      const parked = evidence.parked.filter(({ messageId }) => messageId !== other?.messageId);
      append(evidence.commits, {
        kind: other?.effect?.kind === 'run' ? 'run' : 'insert',
        component,
        id: other?.effect?.kind === 'run' ? null : '1-OTHER',
        values: { ...values, [stamp.field]: stamp.value },
      });

      expect(rulesBroken({ ...evidence, parked })).toEqual(['APPLIED_TWICE']);
    });

    it('values that are not the producer’s in the end', () => {
      const evidence = faultless();
      const commit = commitOf(evidence, firstOf(evidence, 'insert'));
      const values = { ...commit.values, Status: 'Closed' };
      const commits = evidence.commits.map((known) => (known === commit ? { ...known, values } : known));

      expect(rulesBroken({ ...evidence, commits })).toEqual(['WRONG_VALUES']);
    });

    it('a write to another record than the one that was named', () => {
      const evidence = faultless();
      const update = evidence.sent.find(({ effect }) => effect?.id !== undefined) as Sent;
      const commit = commitOf(evidence, update);
      const commits = evidence.commits.map((known) => (known === commit ? { ...known, id: '1-WRONG' } : known));

      expect(rulesBroken({ ...evidence, commits })).toEqual(['WRONG_VALUES']);
    });

    it('a wrong reason', () => {
      const evidence = faultless();
      const poison = evidence.sent.find(({ parkedAs, effect }) => parkedAs.length > 0 && !effect);
      const parked = evidence.parked.map((item) =>
        item.messageId === poison?.messageId ? { ...item, code: 'REPEATED_CRASH' } : item,
      );

      expect(rulesBroken({ ...evidence, parked })).toEqual(['WRONG_REASON']);
    });

    it('a call without fault that is parked, whatever the reason says', () => {
      const evidence = faultless();
      const insert = firstOf(evidence, 'insert');
      const commit = commitOf(evidence, insert);
      const commits = evidence.commits
        .filter((known) => known !== commit)
        .map((known, index) => ({ ...known, number: index + 1 }));

      expect(
        rulesBroken({ ...evidence, commits, parked: [...evidence.parked, parkedAs_(insert, 'CONFLICT')] }),
      ).toEqual(['WRONG_REASON']);
    });

    it('an unrepeatable call that is parked for anything but its unknown outcome', () => {
      const evidence = faultless();
      const run = firstOf(evidence, 'run');
      const parkedWith = (code: string) => ({ ...evidence, parked: [...evidence.parked, parkedAs_(run, code)] });
      const disturbed = new Set([String(run.call)]);

      expect(rulesBroken({ ...parkedWith('OUTCOME_UNKNOWN'), disturbed })).toEqual([]);
      expect(rulesBroken(parkedWith('OUTCOME_UNKNOWN'))).toEqual(['WRONG_REASON']);
      expect(rulesBroken({ ...parkedWith('REPEATED_CRASH'), disturbed })).toEqual(['WRONG_REASON']);
    });

    it('a message parked under another name, and one that nobody sent', () => {
      const evidence = faultless();
      const conflict = evidence.parked.find(({ code }) => code === 'CONFLICT');
      const parked = evidence.parked.map((item) => (item === conflict ? { ...item, key: 'another' } : item));
      const unsent = { messageId: 'nobody’s', operation: undefined, key: undefined, code: 'BAD_JSON' };

      expect(rulesBroken({ ...evidence, parked })).toEqual(['WRONG_REASON']);
      expect(rulesBroken({ ...evidence, parked: [...evidence.parked, unsent] })).toEqual(['WRONG_REASON']);
    });

    it('an effect of what is parked', () => {
      const evidence = faultless();
      const insert = firstOf(evidence, 'insert');
      const refused = evidence.sent.map((message) =>
        message.number === insert.number ? { ...message, parkedAs: ['SIEBEL_VALIDATION'] } : message,
      );
      const parked = [...evidence.parked, parkedAs_(insert, 'SIEBEL_VALIDATION')];

      expect(rulesBroken({ ...evidence, sent: refused, parked })).toEqual(['APPLIED_AND_REFUSED']);
    });

    it('an effect of what was refused as the conflict that it was not', () => {
      const evidence = faultless();
      const conflict = evidence.parked.find(({ code }) => code === 'CONFLICT');
      const same = evidence.sent.filter(({ call }) => call === `${conflict?.operation} ${conflict?.key}`);
      const first = same.find(({ messageId }) => messageId !== conflict?.messageId) as Sent;

      expect(same.map(({ effect }) => effect?.kind)).not.toContain('run');
      expect(rulesBroken({ ...evidence, parked: [...evidence.parked, parkedAs_(first, 'CONFLICT')] })).toEqual([
        'APPLIED_AND_REFUSED',
      ]);
    });

    it('an update of two records for one call', () => {
      const evidence = faultless();
      const update = evidence.sent.find(({ effect }) => effect?.id !== undefined) as Sent;
      append(evidence.commits, { ...commitOf(evidence, update), id: '1-OTHER' });

      expect(rulesBroken(evidence)).toEqual(['APPLIED_TWICE']);
    });

    it('a commit that no message has asked for', () => {
      const evidence = faultless();
      append(evidence.commits, { kind: 'insert', component: 'Account', id: '1-X', values: { Name: 'Stray' } });

      expect(rulesBroken(evidence)).toEqual(['COMMIT_OF_NOBODY']);
    });

    it('a gap in the record of commits', () => {
      const evidence = faultless();
      const commits = evidence.commits.map((commit) => ({ ...commit, number: commit.number + 1 }));

      expect(rulesBroken({ ...evidence, commits })).toEqual(['RECORD_HAS_GAPS']);
    });

    it('a group of a FIFO queue out of order', () => {
      const evidence = faultless(true);
      const groups = Map.groupBy(evidence.sent, ({ group }) => group);
      const [first, second] = [...groups.values()].find(([one, other]) => one?.call !== other?.call && other) ?? [];
      const [one, other] = [commitOf(evidence, first as Sent), commitOf(evidence, second as Sent)];
      const swapped = evidence.commits.map((commit) =>
        commit === one
          ? { ...other, number: one.number }
          : commit === other
            ? { ...one, number: other.number }
            : commit,
      );

      expect(rulesBroken({ ...evidence, commits: swapped })).toContain('OUT_OF_ORDER');
    });

    it.each([
      ['messages left on the queue', 'QUEUE_NOT_EMPTY', { queue: { waiting: 0, hidden: 1, deadLetters: 0 } }],
      ['a dead letter', 'DEAD_LETTERED', { queue: { waiting: 0, hidden: 0, deadLetters: 1 } }],
      [
        'more at Siebel than planned',
        'OVER_CAP',
        { requests: { attempts: 1, calls: 1, highestInFlight: 19, highestAttended: 8 } },
      ],
      [
        'more than the queue’s share',
        'OVER_CAP',
        { requests: { attempts: 1, calls: 1, highestInFlight: 9, highestAttended: 9 } },
      ],
      [
        'too many attempts',
        'TOO_MANY_ATTEMPTS',
        { requests: { attempts: 141, calls: 100, highestInFlight: 8, highestAttended: 8 } },
      ],
    ] as const)('%s', (_, rule, planted) => {
      expect(rulesBroken({ ...faultless(), ...planted })).toEqual([rule]);
    });
  });
});
