import { describe, expect, it } from 'vitest';
import type { Written } from '../../../local-stack/siebel/writer.ts';
import { audit, type Evidence, type Shown } from './auditor.ts';
import type { Manifest, OutputObject } from './output.ts';

// A hand-made history: A is changed, B stays, C is deleted, D comes.
const AT = Date.parse('2026-03-14T09:00:00Z');
const FOLDER = 'accounts/accounts';

const shown = (Id: string, second: number, Location: string): Shown => ({
  Id,
  Name: `Name of ${Id}`,
  Location,
  'Account Status': 'Active',
  Updated: `03/14/2026 09:00:${String(second).padStart(2, '0')}`,
});
const line = (Id: string, second: number, Location: string): string =>
  JSON.stringify({ ...shown(Id, second, Location), Updated: `2026-03-14T09:00:${String(second).padStart(2, '0')}Z` });
const tombstone = (Id: string): string => JSON.stringify({ Id, deleted: true });
const written = (
  kind: Written['kind'],
  id: string,
  second: number | null,
  values: Written['values'] = {},
): Written => ({
  ...{ kind, id, values, seenFromMs: AT },
  updatedMs: second === null ? null : AT + second * 1_000,
});

/** Objects by window, each with its lines; a manifest of its own names each. */
function bucketOf(objects: readonly (readonly [window: string, lines: readonly string[]])[]) {
  const made = objects.map(([window, lines], at) => {
    const fence = at + 1;
    const name = `${FOLDER}/${window}/${String(fence).padStart(10, '0')}-00001.ndjson.gz`;
    const manifest: Manifest = {
      ...{ name: name.replace('-00001.ndjson.gz', '-manifest.json'), window, fence, records: lines.length },
      objects: [{ name, records: lines.length }],
      quarantine: [],
    };
    return { object: { name, lines } satisfies OutputObject, manifest };
  });
  return {
    output: {
      manifests: made.map(({ manifest }) => manifest),
      named: new Map(made.map(({ object }) => [object.name, object])),
      unnamed: [] as readonly string[],
    },
    stored: made.map(({ object }, at) => ({ key: object.name, atMs: AT + 60_000 + at * 1_000 })),
  };
}

const FIRST = [line('A', 1, 'v0'), line('B', 1, 'v0'), line('C', 2, 'v0')] as const;
const GOOD = [
  ['live', FIRST],
  ['live', [line('A', 10, 'v1'), line('D', 11, 'v2')]],
  ['sweep', [tombstone('C')]],
] as const;

function evidence(objects: Parameters<typeof bucketOf>[0] = GOOD, more: Partial<Evidence> = {}): Evidence {
  return {
    before: [shown('A', 1, 'v0'), shown('B', 1, 'v0'), shown('C', 2, 'v0')],
    written: [
      written('update', 'A', 10, { Location: 'v1' }),
      written('insert', 'D', 11, { Name: 'Name of D', Location: 'v2' }),
      written('delete', 'C', null),
    ],
    standing: [shown('A', 10, 'v1'), shown('B', 1, 'v0'), shown('D', 11, 'v2')],
    ...bucketOf(objects),
    ...{ safetyLagMs: 2_000, lookbackMs: 10_000, interruptions: 1, repeatsShare: 0.02 },
    ...more,
  };
}

const rules = (given: Evidence) => audit(given).violations.map(({ rule, subject }) => `${rule} ${subject}`.trim());

describe('the auditor of a sync', () => {
  it('finds nothing where all is well, and counts it', () => {
    expect(audit(evidence())).toEqual({
      violations: [],
      ...{ standing: 3, deleted: 1, lines: 5, tombstones: 1, repeats: 0, repeatsOutside: 0 },
      ...{ repeatsByObject: {}, unnamedObjects: 0 },
    });
  });

  it('sees a version that stands and is not there, also when an older one is (R66, R68)', () => {
    expect(
      rules(
        evidence([
          ['live', FIRST],
          ['live', [line('D', 11, 'v2')]],
          ['sweep', [tombstone('C')]],
        ]),
      ),
    ).toEqual(['MISSED A']);
    expect(rules(evidence([...GOOD.slice(1), ['live', [line('A', 1, 'v0'), line('C', 2, 'v0')]]]))).toEqual([
      'MISSED B',
    ]);
  });

  it('sees what a sweep alone has found, when the live job ought to have (R66)', () => {
    const late = [GOOD[0], ['live', [line('D', 11, 'v2')]], ['sweep', [line('A', 10, 'v1'), tombstone('C')]]] as const;
    expect(rules(evidence(late))).toEqual(['MISSED_BY_LIVE_JOB A']);
  });

  it('does not take an object for there that no manifest names', () => {
    const { output, ...rest } = evidence();
    const [first, ...manifests] = output.manifests;
    const named = new Map(output.named);
    named.delete(first?.objects[0]?.name ?? '');

    expect(rules({ ...rest, output: { ...output, manifests, named } })).toEqual(['MISSED B']);
  });

  it('sees a deletion that nobody was told of, when the record had been handed over (R76)', () => {
    expect(rules(evidence(GOOD.slice(0, 2)))).toEqual(['DELETE_MISSED C']);
    const unheard = [['live', FIRST.slice(0, 2)], GOOD[1]] as const;
    expect(rules(evidence(unheard))).toEqual([]);
  });

  it('sees a living record that is called deleted', () => {
    expect(rules(evidence([...GOOD, ['sweep', [tombstone('B')]]]))).toEqual(['LIVING_REPORTED_DELETED B']);
  });

  it('sees what never stood, and an older version of the same second behind the newer one', () => {
    expect(rules(evidence([...GOOD, ['live', [line('B', 1, 'v9')]]]))).toEqual(['STALE_LAST B', 'INVENTED B']);
    const twice = [written('update', 'A', 10, { Location: 'early' }), ...evidence().written];
    const wrongWay = [GOOD[0], GOOD[1], ['live', [line('A', 10, 'early')]], GOOD[2]] as const;
    expect(rules(evidence(wrongWay, { written: twice }))).toEqual(['STALE_LAST A']);
  });

  it('counts lines that come twice, those outside the lookback too, and refuses more than a fiftieth', () => {
    const doubled = audit(evidence([GOOD[0], GOOD[0], ...GOOD.slice(1)]));
    expect(doubled).toMatchObject({ lines: 8, repeats: 3, repeatsOutside: 3 });
    expect(doubled.repeatsByObject).toEqual({ [`${FOLDER}/live/0000000002-00001.ndjson.gz`]: 3 });
    expect(doubled.violations.map(({ rule }) => rule)).toEqual(['TOO_MANY_REPEATS']);

    const { stored, ...rest } = evidence([GOOD[0], GOOD[0], ...GOOD.slice(1)]);
    const soon = stored.map(({ key }, at) => ({ key, atMs: AT + 5_000 + at }));
    expect(audit({ ...rest, stored: soon })).toMatchObject({ repeats: 3, repeatsOutside: 0 });
  });

  it('refuses more chunks that come twice than runs were cut short (R68)', () => {
    const more = { repeatsShare: 1 };
    expect(rules(evidence([GOOD[0], GOOD[0], ...GOOD.slice(1)], more))).toEqual([]);
    expect(rules(evidence([GOOD[0], GOOD[0], GOOD[0], ...GOOD.slice(1)], more))).toEqual(['MORE_THAN_A_CHUNK']);
  });

  it('sees what was written over, a name without its object, a wrong count and a quarantine (R68)', () => {
    const { output, stored, ...rest } = evidence();
    const [first] = stored;
    const [manifest, ...others] = output.manifests;
    if (!first || !manifest) throw new Error('nothing was made');
    expect(rules({ ...rest, output, stored: [...stored, first] })).toEqual([`OVERWRITTEN ${first.key}`]);

    const lost = { name: 'accounts/accounts/live/x.ndjson.gz', records: 1 };
    const more = { ...manifest, records: 4, objects: [...manifest.objects, lost] };
    expect(rules({ ...rest, stored, output: { ...output, manifests: [more, ...others] } })).toEqual([
      `NAMED_NOT_THERE ${lost.name}`,
    ]);
    const short = { ...manifest, records: 2, quarantine: [lost] };
    expect(rules({ ...rest, stored, output: { ...output, manifests: [short, ...others] } })).toEqual([
      `WRONG_COUNT ${manifest.name}`,
      `QUARANTINED ${lost.name}`,
    ]);
  });

  it('does not believe a writer whose own record differs from what stands', () => {
    const [, ...others] = evidence().written;
    expect(rules(evidence(GOOD, { written: others }))).toEqual(['RECORD_OF_WRITER_DIFFERS A', 'INVENTED A']);
  });
});
