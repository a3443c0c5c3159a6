import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { journalOf } from './journal.ts';
import { LIES, lying } from './lies.ts';
import type { Profile } from './profile.ts';
import { answerUnder, type Question } from './question.ts';
import { askOne, type Finding, runContract } from './run.ts';
import { sampled } from './sample.ts';
import { siteOf } from './site.ts';
import { contractStandIn, STAND_IN } from './stand-in.ts';
import { QUESTIONS } from './table.ts';

const NO_BATCHES = [
  'batch.all-or-nothing',
  'batch.duplicate',
  'batch.limit',
  'batch.delete',
  'batch.delete-missing',
  'batch.by-id',
  'delete.body-wins',
];
const NO_WORKFLOWS = ['workflow.answer', 'workflow.failure-inside-200', 'workflow.forbidden'];
const NO_DESCRIPTION = ['describe.names', 'describe.types'];

/** What a release does not have yet: questions whose answer differs, and those that cannot be put. */
const OLDER: Readonly<Record<string, { readonly differ: readonly string[]; readonly cannot: readonly string[] }>> = {
  childPageSize: { differ: ['paging.size-of-children'], cannot: [] },
  noFormat: { differ: ['service.request-format'], cannot: [] },
  swagger: { differ: ['describe.format'], cannot: [] },
  workflows: { differ: ['workflow.address'], cannot: NO_WORKFLOWS },
  batches: { differ: ['batch.answer', 'child.put-several'], cannot: NO_BATCHES },
  uniformResponse: { differ: ['shape.one-row-uniform', 'shape.uniform-spellings', 'write.uniform-answer'], cannot: [] },
  describe: { differ: ['describe.format'], cannot: NO_DESCRIPTION },
  ip2016: { differ: ['child.put-answer', 'format.xml'], cannot: [] },
};

const BY_RELEASE: Readonly<Record<string, readonly string[]>> = {
  '26.3': [],
  '24.1': [],
  '22.11': ['childPageSize'],
  '22.3': ['childPageSize', 'swagger'],
  '21.6': ['childPageSize', 'swagger', 'workflows'],
  '21.3': ['childPageSize', 'swagger', 'workflows', 'noFormat'],
  '20.6': ['childPageSize', 'swagger', 'workflows', 'noFormat'],
  '18.12': ['childPageSize', 'swagger', 'workflows', 'noFormat', 'batches'],
  '18.7': ['childPageSize', 'swagger', 'workflows', 'noFormat', 'batches', 'uniformResponse'],
  '17': ['childPageSize', 'workflows', 'noFormat', 'batches', 'uniformResponse', 'describe'],
  '16': ['childPageSize', 'workflows', 'noFormat', 'batches', 'uniformResponse', 'describe', 'ip2016'],
};

/** Settings unlike the defaults, with the questions that must notice them and those that cannot be put then. */
const ALTERNATIVES: readonly {
  readonly what: string;
  readonly settings: Partial<SiebelSettings>;
  readonly profile?: Partial<Profile>;
  readonly differ: readonly string[];
  readonly cannot?: readonly string[];
}[] = [
  {
    what: 'no-data text with a full stop, bare records, cookies and gzip',
    settings: {
      emptyAnswer: '404 with full stop',
      oneRow: 'bare record',
      unauthorized: 'body',
      gzip: true,
      cookie: true,
      duplicateStatus: 500,
      rowCeiling: 'reached',
      unequalMembers: true,
      unknownIdOnPut: 'error',
      overPageSize: 'cap',
    },
    differ: [
      'empty.no-rows',
      'empty.uniform',
      'empty.unknown-id',
      'shape.one-row',
      'child.read-one',
      'access.wrong-token',
      'format.gzip',
      'access.cookie',
      'write.key-not-unique',
      'batch.duplicate',
      'write.unknown-id',
      'paging.over-the-limit',
      'paging.row-ceiling',
    ],
  },
  {
    what: '204, guests, a working escape, no unique keys, a longer user key',
    settings: {
      emptyAnswer: '204',
      unauthorized: 'challenge',
      anonymous: true,
      quoteEscape: 'doubling',
      uniqueKeys: false,
      pageSizeLimit: 50,
      describeNames: 'swapped',
      attachmentsInline: false,
      accountKey: 'Name, Location, Primary Organization',
      references: 'taken',
    },
    differ: [
      'empty.no-rows',
      'empty.uniform',
      'empty.unknown-id',
      'access.wrong-token',
      'access.no-token',
      'search.quote-doubled',
      'write.key-not-unique',
      'batch.duplicate',
      'service.duplicate',
      'paging.hundred',
      'describe.names',
      'attachment.read',
      'write.user-key',
    ],
  },
  {
    what: 'empty lists, problem documents, Swagger, child answers of IP2016',
    settings: {
      emptyAnswer: 'empty items',
      problemFormat: true,
      statusMap: { 'SBL-DAT-00416': 400 },
      describe: 'swagger 2.0',
      xml: false,
      childWriteAnswer: 'parent only',
    },
    differ: [
      'empty.no-rows',
      'empty.uniform',
      'empty.unknown-id',
      'failure.shape',
      'failure.status',
      'describe.format',
      'format.xml',
      'child.put-answer',
      'child.put-several',
    ],
  },
  {
    what: 'renamed parameters, 304 and a smaller page limit',
    settings: {
      parameterNames: { pagesize: 'Limit' },
      writeStatus: 304,
      describe: 'none',
      overPageSize: 'cap',
      pageSizeLimit: 50,
    },
    profile: { parameterNames: { PageSize: 'Limit' } },
    differ: [
      'parameters.official-names',
      'write.post-answer',
      'delete.answer',
      'write.put-answer',
      'write.uniform-answer',
      'batch.answer',
      'child.put-answer',
      'child.put-several',
      'hierarchy.insert-answer',
      'describe.format',
      'paging.hundred',
      'paging.over-the-limit',
    ],
    cannot: ['parameters.names-in-any-case', ...NO_DESCRIPTION],
  },
];

describe('the contract', { timeout: 60_000 }, () => {
  let domain: Domain;
  beforeAll(async () => {
    domain = await startDomain();
  });
  afterAll(() => domain.identity.close());

  async function findingsUnder(
    settings: Partial<SiebelSettings>,
    profile: Partial<Profile> = {},
  ): Promise<readonly Finding[]> {
    const { wire, close } = await contractStandIn(domain, settings);
    try {
      const options = {
        send: wire.send,
        profile: { ...STAND_IN, ...profile },
        questions: QUESTIONS,
        write: true,
        parallel: 12,
      };
      const { findings, left } = await runContract(options);
      expect(left).toEqual([]);
      return findings;
    } finally {
      await close();
    }
  }

  it('holds with the settings that are taken for granted, every question of it', async () => {
    const findings = await findingsUnder({});

    expect(failing(findings, 'differs')).toEqual([]);
    expect(failing(findings, 'cannot tell')).toEqual([]);
  });

  it.each(Object.keys(RELEASES))('holds for release %s, and tells what that release does not have', async (release) => {
    const settings = { ...RELEASES[release] };
    const findings = await findingsUnder(settings);
    const older = (BY_RELEASE[release] ?? []).map((step) => OLDER[step]);

    expect(surprises(findings, settings)).toEqual([]);
    expect(idsWith(findings, 'differs')).toEqual(unique(older.flatMap((step) => step?.differ ?? [])));
    expect(idsWith(findings, 'cannot tell')).toEqual(unique(older.flatMap((step) => step?.cannot ?? [])));
  });

  it.each(ALTERNATIVES)(
    'notices with the right questions: $what',
    async ({ settings, profile, differ, cannot = [] }) => {
      const findings = await findingsUnder(settings, profile);

      expect(surprises(findings, settings)).toEqual([]);
      expect(idsWith(findings, 'differs')).toEqual(unique(differ));
      expect(idsWith(findings, 'cannot tell')).toEqual(unique(cannot));
    },
  );

  it('has no question that a lying Siebel passes', async () => {
    const { wire, close } = await contractStandIn(domain);
    const honest = await sampled(siteOf({ send: wire.send, profile: STAND_IN, journal: journalOf() }), { write: true });

    /** Whether the question sees through one of the lies, told on one of its requests. */
    const seesThrough = async (question: Question): Promise<boolean> => {
      const counting = lying(wire.send, { name: 'none' });
      await askOne(question, {
        ...siteOf({ send: counting, profile: STAND_IN, journal: journalOf() }),
        sample: honest.sample,
        plain: honest.plain,
      });
      for (const lie of LIES) {
        for (let at = counting.count(); at > 0; at -= 1) {
          const send = lying(wire.send, lie, at);
          const ground = siteOf({ send, profile: STAND_IN, journal: journalOf() });
          const site = { ...ground, sample: honest.sample, plain: honest.plain };
          if ((await askOne(question, site)).verdict === 'differs') return true;
        }
      }
      return false;
    };
    const blind: string[] = [];
    const rest = [...QUESTIONS];
    const worker = async () => {
      for (let question = rest.shift(); question; question = rest.shift()) {
        if (!(await seesThrough(question))) blind.push(question.id);
      }
    };
    await Promise.all(Array.from({ length: 12 }, worker));
    await close();

    expect(blind).toEqual([]);
  });

  it('names each question once, by subject and what', () => {
    const ids = QUESTIONS.map(({ id }) => id);

    expect(ids.filter((id, index) => ids.indexOf(id) !== index || !/^[a-z]+\.[a-z0-9-]+$/.test(id))).toEqual([]);
    expect(ids.length).toBeGreaterThanOrEqual(160);
  });
});

/** Answers that the table does not foresee under these settings. */
function surprises(findings: readonly Finding[], settings: Partial<SiebelSettings>): string[] {
  const all = { ...DEFAULT_SETTINGS, ...settings };
  return findings
    .filter(({ verdict, seen, question }) => verdict !== 'cannot tell' && seen !== answerUnder(all, question).is)
    .map(({ question, seen }) => `${question.id}: ${seen}, not: ${answerUnder(all, question).is}`);
}

function failing(findings: readonly Finding[], verdict: Finding['verdict']): string[] {
  return findings
    .filter((finding) => finding.verdict === verdict)
    .map(({ question, seen }) => `${question.id}: ${seen}`);
}

function idsWith(findings: readonly Finding[], verdict: Finding['verdict']): string[] {
  return unique(findings.filter((finding) => finding.verdict === verdict).map(({ question }) => question.id));
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}
