import { X509Certificate } from 'node:crypto';
import { posix } from 'node:path';
import { readSettings, type SettingName } from '../lib/config.ts';
import type { Template } from './package.ts';

/** Parameters of one stage, as `serverless.yml` and the command line give them. */
export interface StageParameters {
  readonly stage: string;
  /** Blocks below `params`: `default` and the stage's own, if it has one. */
  readonly blocks: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  /** `name=value`, which goes before both. */
  readonly given: readonly string[];
  /** Names that `serverless.yml` and `infra/` use. */
  readonly used: ReadonlySet<string>;
}

type Certificates = Readonly<Record<string, Uint8Array>>;

/** Read by Powertools, not by us; an unknown word would silently be its default. */
const LOG_LEVEL = 'POWERTOOLS_LOG_LEVEL';

/** Parameters that no setting of lib/config.ts checks. */
const FORMS: Readonly<Record<string, { readonly form: RegExp; readonly words: string }>> = {
  logLevel: { form: /^(TRACE|DEBUG|INFO|WARN|ERROR|CRITICAL|SILENT)$/, words: 'a level like INFO, in capitals' },
  schedules: { form: /^(ENABLED|DISABLED)$/, words: 'ENABLED or DISABLED' },
  syncRetentionDays: { form: /^[1-9]\d{0,4}$/, words: 'a number of days' },
  vpcSubnetIds: {
    form: /^subnet-[0-9a-f]{8,17}(, *subnet-[0-9a-f]{8,17})*$/,
    words: 'ids of subnets, parted by commas',
  },
  vpcSecurityGroupIds: {
    form: /^sg-[0-9a-f]{8,17}(, *sg-[0-9a-f]{8,17})*$/,
    words: 'ids of security groups, parted by commas',
  },
};

/**
 * What is wrong with the settings of a packaged stage, one sentence each and none of them with a value: names of parameters
 * that nothing uses, values that a function would refuse at its start, authorities that are not in the package.
 *
 * @param packaged.certificates What is packaged below `certs/`, by name: `certs/siebel.pem`.
 */
export function settingProblems({
  template,
  parameters,
  certificates,
}: {
  readonly template: Template;
  readonly parameters: StageParameters;
  readonly certificates: Certificates;
}): string[] {
  const problems = [
    ...stageProblems(parameters),
    ...parameterProblems(parameters),
    ...certificateProblems(certificates),
    ...environments(template).flatMap((environment) => [
      ...environmentProblems(environment, parameters.used),
      ...authorityProblems(environment, certificates),
    ]),
  ];
  return [...new Set(problems)];
}

function stageProblems({ stage }: StageParameters): string[] {
  return stage === 'local' ? ['stage: local is the local stack, with safety rules relaxed; choose another name'] : [];
}

function parameterProblems({ stage, blocks, given, used }: StageParameters): string[] {
  const values: Record<string, unknown> = {
    ...blocks['default'],
    ...blocks[stage],
    ...Object.fromEntries(given.map(nameAndValue)),
  };
  const problems = Object.keys(values)
    .filter((name) => !used.has(name))
    .map((name) => `parameter ${name} is unknown; the closest is ${closest(name, used)}`);
  for (const [name, { form, words }] of Object.entries(FORMS)) {
    if (!isUnset(values[name]) && !form.test(String(values[name]))) problems.push(`parameter ${name} is not ${words}`);
  }
  if (isUnset(values['vpcSubnetIds']) !== isUnset(values['vpcSecurityGroupIds'])) {
    problems.push('parameters vpcSubnetIds and vpcSecurityGroupIds: a VPC needs both, set both or none');
  }
  return problems;
}

function nameAndValue(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1).trimEnd()];
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

type Environment = Readonly<Record<string, string>>;

/** Of every function, without what only CloudFormation knows. */
function environments({ Resources }: Template): Environment[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => {
      const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
      return Object.fromEntries(
        Object.entries(Variables).flatMap(([name, value]) =>
          typeof value === 'object' || String(value).includes('{{resolve:') ? [] : [[name, String(value)]],
        ),
      );
    });
}

function environmentProblems(environment: Environment, used: ReadonlySet<string>): string[] {
  return Object.keys(environment)
    .filter((name) => name !== LOG_LEVEL)
    .flatMap((name) => {
      try {
        readSettings([name as SettingName], environment);
        return [];
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const parameter = camelCase(name);
        return `${error.message.replace('environment: ', '')}${used.has(parameter) ? ` (parameter ${parameter})` : ''}`;
      }
    });
}

function authorityProblems(environment: Environment, certificates: Certificates): string[] {
  return Object.entries(environment)
    .filter(([name, file]) => name.endsWith('_CA_FILE') && file !== '')
    .flatMap(([name, file]) => {
      // An absolute path leads out of the package: to a layer, or the system's own list.
      if (posix.isAbsolute(file) || certificates[posix.normalize(file)]) return [];
      return `${name} names no file in certs/ that ends in .pem (parameter ${camelCase(name)})`;
    });
}

function certificateProblems(certificates: Certificates): string[] {
  return Object.entries(certificates).flatMap(([name, content]) => {
    const text = Buffer.from(content).toString('latin1');
    if (text.includes('PRIVATE KEY-----')) return `${name} holds a private key, which would be in every package`;
    const blocks = text.match(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g) ?? [];
    return blocks.length > 0 && blocks.every(isCertificate) ? [] : `${name} is no list of certificates in PEM`;
  });
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

/** `TOKEN_URL` → `tokenUrl`. */
function camelCase(setting: string): string {
  return setting.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function closest(name: string, candidates: ReadonlySet<string>): string | undefined {
  const distance = (other: string) => editDistance(name.toLowerCase(), other.toLowerCase());
  return [...candidates].sort((a, b) => distance(a) - distance(b))[0];
}

/** Characters to add, drop or change until one word is the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const change = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
