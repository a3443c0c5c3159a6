import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../local-stack/tls.ts';
import { describeStage } from '../../scripts/package.ts';
import { settingProblems } from '../../scripts/setting-problems.ts';
import { type PackagedForTest, packagedService } from './packaged-service.ts';

const deployGuide = text('docs/deploy.md');
let service: PackagedForTest;
let authority: Uint8Array;

beforeAll(async () => {
  service = await packagedService({ checked: false });
  authority = Buffer.from((await createAuthority()).caPem);
});
afterAll(() => service?.remove());

/** Problems of the service as packaged, had it been given these parameters and variables. */
function problemsOf({
  given = [],
  variables = {},
  certificates = {},
  blocks = service.parameters.blocks,
}: {
  given?: readonly string[];
  variables?: Readonly<Record<string, unknown>>;
  certificates?: Readonly<Record<string, Uint8Array>>;
  blocks?: PackagedForTest['parameters']['blocks'];
} = {}): string[] {
  const template = structuredClone(service.template);
  const queue = template.Resources['QueueLambdaFunction']?.Properties as {
    Environment: { Variables: Record<string, unknown> };
  };
  Object.assign(queue.Environment.Variables, variables);
  return settingProblems({ template, parameters: { ...service.parameters, blocks, given }, certificates });
}

describe('packaging', () => {
  it('refuses in one message all that is wrong with the settings, and leaves nothing to deploy', async () => {
    let folder = '';
    const packaging = packagedService({
      edit: (yaml) => yaml.replace(/^ {2}default:$/m, '  prod:\n    tokenTimeoutMs: 5\n$&'),
      stage: 'prod',
      param: ['siebelTimeoutMS=5', 'siebelTimeoutMs=abc', 'siebelCaFile=certs/siebel.pem'],
      beforeRemoval: (serviceDir) => {
        folder = serviceDir;
        expect(existsSync(join(serviceDir, 'serverless.yml'))).toBe(true);
        expect(existsSync(join(serviceDir, '.serverless'))).toBe(false);
      },
    });

    await expect(packaging).rejects.toThrow(
      [
        'the settings of the stage:',
        'parameter siebelTimeoutMS is unknown; the closest is siebelTimeoutMs',
        'SIEBEL_TIMEOUT_MS is not a whole number from 100 to 600000 (parameter siebelTimeoutMs)',
        'TOKEN_TIMEOUT_MS is not a whole number from 100 to 60000 (parameter tokenTimeoutMs)',
        'SIEBEL_CA_FILE names no file in certs/ that ends in .pem (parameter siebelCaFile)',
      ].join('\n  '),
    );
    expect(folder).not.toBe('');
  });

  it('refuses a parameter without a value by its name', async () => {
    await expect(packagedService({ param: ['siebelBaseUrl='] })).rejects.toThrow(
      '--param siebelBaseUrl is not name=value',
    );
  });

  it('takes any name of a stage, and tells that it has no block of its own', () => {
    expect(describeStage({ ...service.parameters, stage: 'nope' })).toMatch(/^nope \(has no block of its own/);
    expect(describeStage({ ...service.parameters, stage: 'prod', blocks: { prod: {} } })).toBe('prod');
  });
});

describe('the settings of a stage', () => {
  it('are in order as they come, placeholders and all', () => {
    expect(problemsOf()).toEqual([]);
  });

  it.each([
    ['tokenURI', 'tokenUrl'],
    ['SIEBELBASEURL', 'siebelBaseUrl'],
    ['vpcSubnetId', 'vpcSubnetIds'],
    ['loglevel', 'logLevel'],
  ])('are refused with the parameter %s, and %s is named', (wrong, right) => {
    expect(problemsOf({ given: [`${wrong}=x`] })).toEqual([`parameter ${wrong} is unknown; the closest is ${right}`]);
    expect(problemsOf({ blocks: { default: { [wrong]: 'x' } } })).toHaveLength(1);
  });

  it('leave the blocks of other stages alone', () => {
    expect(problemsOf({ blocks: { ...service.parameters.blocks, other: { nonsense: 1 } } })).toEqual([]);
  });

  it('are those of the stage, before the default ones, and of the command line before both', () => {
    const blocks = { default: { schedules: 'off' }, dev: { schedules: 'ENABLED' } };

    expect(problemsOf({ blocks })).toEqual([]);
    expect(problemsOf({ blocks, given: ['schedules=off'] })).toHaveLength(1);
  });

  it.each([
    ['schedules=off', 'parameter schedules is not ENABLED or DISABLED'],
    ['logLevel=info', 'parameter logLevel is not a level like INFO, in capitals'],
    ['syncRetentionDays=0', 'parameter syncRetentionDays is not a number of days'],
    [
      'vpcSubnetIds=subnet-0a1b2c3d',
      'parameters vpcSubnetIds and vpcSecurityGroupIds: a VPC needs both, set both or none',
    ],
    [
      'vpcSecurityGroupIds=sg-0c3d4e5f',
      'parameters vpcSubnetIds and vpcSecurityGroupIds: a VPC needs both, set both or none',
    ],
  ])('are refused with %s', (given, problem) => {
    expect(problemsOf({ given: [given] })).toEqual([problem]);
  });

  it.each(['subnet-0a1b2c3d;subnet-0b2c3d4e', 'sg-0c3d4e5f', 'subnet-0a1b2c3d,'])(
    'are refused with %j for subnets',
    (ids) => {
      expect(problemsOf({ given: [`vpcSubnetIds=${ids}`, 'vpcSecurityGroupIds=sg-0c3d4e5f'] })).toEqual([
        'parameter vpcSubnetIds is not ids of subnets, parted by commas',
      ]);
    },
  );

  it.each([
    [{ SIEBEL_BASE_URL: '' }, 'SIEBEL_BASE_URL is missing (parameter siebelBaseUrl)'],
    [{ TOKEN_URL: 'http://identity.example.net/' }, 'TOKEN_URL is not an https URL (parameter tokenUrl)'],
    [
      { QUEUE_BACKOFF_SECONDS: 0 },
      'QUEUE_BACKOFF_SECONDS is not a whole number from 1 to 900 (parameter queueBackoffSeconds)',
    ],
  ])('are refused when a function would find %j', (variables, problem) => {
    expect(problemsOf({ variables })).toEqual([problem]);
  });

  it('may be what only CloudFormation knows', () => {
    const variables = { TOKEN_URL: { 'Fn::ImportValue': 'x' }, TOKEN_TIMEOUT_MS: '{{resolve:ssm:/token-timeout}}' };

    expect(problemsOf({ variables })).toEqual([]);
  });

  it('may not have the name of the local stack, which relaxes the safety rules', () => {
    const parameters = { ...service.parameters, stage: 'local' };

    expect(settingProblems({ template: service.template, parameters, certificates: {} })).toHaveLength(1);
  });

  it.each(['certs/siebel.pem', './certs/siebel.pem'])('may name the authority %s when it is packaged', (file) => {
    const variables = { SIEBEL_CA_FILE: file };

    expect(problemsOf({ variables, certificates: { 'certs/siebel.pem': authority } })).toEqual([]);
    expect(problemsOf({ variables, certificates: { 'certs/other.pem': authority } })).toHaveLength(1);
  });

  it('may name authorities outside of the package', () => {
    expect(problemsOf({ variables: { SIEBEL_CA_FILE: '/opt/siebel.pem' } })).toEqual([]);
  });

  it('are refused with files in certs/ that are none, or that hold a private key', () => {
    const wrong = (content: string) => problemsOf({ certificates: { 'certs/a.pem': Buffer.from(content) } });

    expect(wrong('')).toEqual(['certs/a.pem is no list of certificates in PEM']);
    expect(wrong('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toHaveLength(1);
    expect(wrong(`${Buffer.from(authority)}-----BEGIN PRIVATE KEY-----\n`)).toEqual([
      'certs/a.pem holds a private key, which would be in every package',
    ]);
  });
});

describe('docs/deploy.md', () => {
  it('is right about the names: every setting has a parameter named like it, but for the log level', () => {
    const pairs = [...text('infra/environment.yml').matchAll(/^ {2}([A-Z_]+): \$\{param:(\w+)/gm)];
    const others = pairs.filter(([, setting = '', parameter = '']) => {
      return parameter.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() !== setting;
    });

    expect(pairs.length).toBeGreaterThan(15);
    expect([...new Set(others.map(([, ...names]) => names.join(' ')))]).toEqual(['POWERTOOLS_LOG_LEVEL logLevel']);
    expect(deployGuide).toMatch(/only `POWERTOOLS_LOG_LEVEL`\s+is `logLevel`/);
  });

  it('names every parameter that is no setting', () => {
    const settings = new Set(text('infra/environment.yml').match(/(?<=\bparam:)\w+/g));
    const others = [...service.parameters.used].filter((name) => !settings.has(name));

    expect(others.sort()).toEqual([
      'logRetentionDays',
      'schedules',
      'syncRetentionDays',
      'vpcSecurityGroupIds',
      'vpcSubnetIds',
    ]);
    for (const name of others) expect(deployGuide).toContain(`| \`${name}\` |`);
  });

  it('names every output of the stack, and nothing else as one', () => {
    const [, table = ''] = /^\| output \|.*\n\| --- .*\n((?:\|.*\n)+)/m.exec(deployGuide) ?? [];
    const named = table.match(/(?<=^\| `)\w+(?=` \|)/gm) ?? [];

    expect(named.sort()).toEqual(Object.keys(service.template.Outputs).sort());
  });
});

function text(path: string): string {
  return readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
}
