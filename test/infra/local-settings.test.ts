import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, authorizer, backfill, queue, schedule } from '../../functions/runtime.ts';
import { readSettings, type SettingName } from '../../lib/config.ts';
import { functionSettings } from '../../local-stack/function-settings.ts';

const PARTS = { queue, schedule, backfill, api, authorizer };
type FunctionName = keyof typeof PARTS;
/** Read by Powertools, not by us. */
const LOG_LEVEL = 'POWERTOOLS_LOG_LEVEL';
/** In words for people, what the absence of a setting means. */
const IN_WORDS: Readonly<Record<string, unknown>> = { 'public authorities': undefined, none: undefined };

const local = functionSettings({
  siebelUrl: 'https://127.0.0.1:1/siebel/v1.0',
  tokenUrl: 'https://127.0.0.1:2/oauth2/v1/token',
  tokenScope: 'https://127.0.0.1:1/siebel/v1.0/data',
  jwksUrl: 'https://127.0.0.1:2/admin/v1/SigningCert/jwk',
  issuer: 'https://identity.oraclecloud.com/',
  apiAudience: 'https://api.example.com/',
  caFile: join(import.meta.dirname, 'local-settings.test.ts'),
  clientSecretId: 'secret',
  stateTable: 'state',
  queueUrl: 'http://127.0.0.1:3/queue',
  backfillQueueUrl: 'http://127.0.0.1:3/backfill',
  queuesUrl: 'http://127.0.0.1:3/',
  eventsEndpoint: 'http://127.0.0.1:6',
  syncBucket: 'bucket',
  secretsManagerEndpoint: 'http://127.0.0.1:4',
  sqsEndpoint: 'http://127.0.0.1:3',
  s3Endpoint: 'http://127.0.0.1:3',
  dynamodbEndpoint: 'http://127.0.0.1:5',
});
const deployed = environments(text('infra/environment.yml'));
const documented = documentedSettings(text('docs/configuration.md'));

const realEnvironment = process.env;
afterEach(() => {
  process.env = realEnvironment;
});

describe.each(Object.keys(PARTS) as FunctionName[])('the settings of the function %s', (name) => {
  it('are, where it is deployed, those that it reads', () => {
    expect(sorted(deployed[name] ?? []).filter((setting) => setting !== LOG_LEVEL)).toEqual(namesRead(name));
  });

  it('are in the local stack the same, but for those with a default', () => {
    const here = Object.keys(local[name] ?? {}).filter((setting) => !setting.startsWith('AWS_ENDPOINT_URL_'));
    expect(here.filter((setting) => !deployed[name]?.includes(setting))).toEqual([]);
    const missing = deployed[name]?.filter((setting) => !here.includes(setting)) ?? [];
    expect(missing.filter((setting) => setting !== LOG_LEVEL && isRequired(setting))).toEqual([]);
  });

  it('name the stage under which it counts', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      namesRead(name);
      const { metrics } = PARTS[name]();
      metrics.count('api.ok');
      metrics.publish();
      expect(JSON.parse(String(write.mock.lastCall?.[0]))).toMatchObject({ service: name, stage: 'local' });
    } finally {
      write.mockRestore();
    }
  });

  it('are documented, and nothing else is for this function', () => {
    const rows = [...documented].filter(([, { usedBy }]) => usedBy.includes(name) || usedBy.includes('all'));
    expect(rows.map(([setting]) => setting).sort()).toEqual(sorted(deployed[name] ?? []));
  });
});

describe('docs/configuration.md', () => {
  it('tells of every setting that there is', () => {
    const declared = text('lib/config.ts').match(/(?<=^ {2})[A-Z_]+(?=: )/gm) ?? [];
    expect([...documented.keys()].filter((name) => name !== LOG_LEVEL).sort()).toEqual(sorted(declared));
  });

  it('tells the default of each setting as it is', () => {
    const ours = [...documented].filter(([name]) => name !== LOG_LEVEL);
    expect(ours.length).toBeGreaterThan(20);
    for (const [name, { fallback }] of ours) {
      if (fallback === '') expect(isRequired(name), name).toBe(true);
      else expect(fallback in IN_WORDS ? IN_WORDS[fallback] : fallback, name).toBe(defaultOf(name));
    }
  });

  it('tells the default of the log level as the deployment sets it', () => {
    expect(text('infra/environment.yml')).toContain(
      `${LOG_LEVEL}: \${param:logLevel, '${documented.get(LOG_LEVEL)?.fallback}'}`,
    );
  });
});

/** What a function takes from the environment when it puts its parts together. */
function namesRead(name: FunctionName): string[] {
  const read = new Set<string>();
  process.env = new Proxy(
    { ...realEnvironment, ...local[name] },
    {
      get(target, setting) {
        if (typeof setting === 'string') read.add(setting);
        return Reflect.get(target, setting);
      },
    },
  );
  PARTS[name]();
  process.env = realEnvironment;
  return [...read].filter((setting) => isSetting(setting)).sort();
}

/** Names by function; the file has nothing but names, one reference to a block in each, and comments. */
function environments(yaml: string): Readonly<Record<string, readonly string[]>> {
  const blocks = yaml.split(/^(?=\w+:)/m).map((block) => {
    const [, name = '', anchor] = /^(\w+):(?: &(\w+))?/.exec(block) ?? [];
    return { name, anchor, merged: /<<: \*(\w+)/.exec(block)?.[1], own: block.match(/(?<=^ {2})[A-Z_]+(?=:)/gm) ?? [] };
  });
  const within = (anchor: string | undefined): readonly string[] => {
    const block = blocks.find((each) => anchor && each.anchor === anchor);
    return block ? [...within(block.merged), ...block.own] : [];
  };
  return Object.fromEntries(blocks.map(({ name, merged, own }) => [name, [...within(merged), ...own]]));
}

/** The rows of the table of variables. */
function documentedSettings(markdown: string) {
  const rows = markdown.matchAll(/^\| `([A-Z_]+)` \| ([^|]*) \| ([^|]*)\| ([^|]*) \|$/gm);
  return new Map(
    [...rows].map(([, name = '', usedBy = '', fallback = '']) => [
      name,
      { usedBy: usedBy.split(', '), fallback: fallback.trim().replaceAll('`', '') },
    ]),
  );
}

function isSetting(name: string): boolean {
  try {
    readSettings([name as SettingName], { STAGE: 'local' });
    return true;
  } catch (error) {
    // No setting at all ends in another error than one that is missing.
    return (error as { code?: string }).code === 'CONFIGURATION';
  }
}

function isRequired(name: string): boolean {
  expect(isSetting(name), `${name} is read in lib/config.ts`).toBe(true);
  try {
    readSettings([name as SettingName], {});
    return false;
  } catch {
    return true;
  }
}

/** As text; undefined when there is none. */
function defaultOf(name: string): string | undefined {
  const value = readSettings([name as SettingName], {})[name as SettingName];
  return value === undefined ? undefined : String(value);
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort();
}

function text(path: string): string {
  return readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
}
