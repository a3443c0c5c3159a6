import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import { ConfigurationError } from '../lib/errors.ts';
import { type BuildReport, buildFunctions, certificateFiles, describeBuild, runCommand } from './bundle.ts';
import { describePlan } from './capacity-plan.ts';
import { type StageParameters, settingProblems } from './setting-problems.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OSLS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
/** Packaging needs no account; credentials that happen to be around must not change what it does. */
const CREDENTIALS = /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|DEFAULT_PROFILE)$/;
/** A runtime near the end of its support is only a warning there. */
const REFUSED_WARNINGS = new Set(['W3030']);

/** A CloudFormation template as far as this project reads it. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

export interface PackagedService {
  readonly templateFile: string;
  readonly template: Template;
  readonly parameters: StageParameters;
}

/** What the command line says about the stage. */
export interface StageOptions {
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  /** `name=value`. */
  readonly param?: readonly string[];
}

/**
 * Makes the CloudFormation template of `serverless.yml`, offline and without credentials, in `.serverless`. The zips must
 * be in `dist`.
 *
 * @param options.serviceDir Folder with `serverless.yml`, `infra` and `dist`. Default: the repository.
 * @throws ConfigurationError with the words of osls when it refuses something.
 */
export async function packageTemplate({
  serviceDir = ROOT,
  stage,
  region,
  param = [],
}: StageOptions & { serviceDir?: string } = {}): Promise<PackagedService> {
  const malformed = param.find((text) => !/^[^=]+=./.test(text));
  if (malformed !== undefined) throw new ConfigurationError(`--param ${malformed.split('=')[0]} is not name=value`);
  const given = [
    ...(stage === undefined ? [] : ['--stage', stage]),
    ...(region === undefined ? [] : ['--region', region]),
    ...param.flatMap((text) => ['--param', text]),
  ];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !CREDENTIALS.test(name)));
  const child = spawn(process.execPath, [OSLS, 'package', ...given], {
    cwd: serviceDir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((ended, failed) => child.on('error', failed).on('close', ended));
  if (code !== 0) throw new ConfigurationError(`osls refused to package the service:\n${output.trim()}`);

  const templateFile = join(serviceDir, '.serverless/cloudformation-template-update-stack.json');
  const { service } = JSON.parse(await readFile(join(serviceDir, '.serverless/serverless-state.json'), 'utf8'));
  return {
    templateFile,
    template: JSON.parse(await readFile(templateFile, 'utf8')),
    parameters: {
      stage: service.provider.stage,
      blocks: service.initialServerlessConfig.params,
      given: param,
      used: await usedParameters(serviceDir),
    },
  };
}

/** Names that occur as `${param:name}` in `serverless.yml` and `infra/`. */
async function usedParameters(serviceDir: string): Promise<Set<string>> {
  const infra = (await readdir(join(serviceDir, 'infra'))).map((name) => join('infra', name));
  const texts = await Promise.all(['serverless.yml', ...infra].map((path) => readFile(join(serviceDir, path), 'utf8')));
  return new Set(texts.flatMap((text) => text.match(/(?<=\bparam:)\w+/g) ?? []));
}

/**
 * Makes the template as `packageTemplate` does, and refuses one that would fail in the account or at the functions' start:
 * `.serverless` is then gone.
 *
 * @param options.certificates What is packaged below `certs/`. Default: the repository's.
 * @throws ConfigurationError with everything that is wrong with the settings; or, when nothing is, with the template.
 */
export async function packageService({
  certificates,
  ...options
}: StageOptions & {
  serviceDir?: string;
  certificates?: Readonly<Record<string, Uint8Array>>;
} = {}): Promise<PackagedService> {
  try {
    const packaged = await packageTemplate(options);
    const given = { ...packaged, certificates: certificates ?? (await certificateFiles()) };
    refuse('the settings of the stage', settingProblems(given));
    refuse('what CloudFormation would not take', templateProblems(packaged.templateFile));
    return packaged;
  } catch (error) {
    // `npm run deploy` sends whatever lies there.
    await rm(join(options.serviceDir ?? ROOT, '.serverless'), { recursive: true, force: true });
    throw error;
  }
}

function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigurationError([`${what}:`, ...problems].join('\n  '));
}

/**
 * What CloudFormation would refuse in a template, one sentence each; empty when nothing. Rules and schemas are packaged
 * with the validator, so it asks nobody.
 */
export function templateProblems(templateFile: string): string[] {
  const engine = new CelEngine();
  try {
    const { diagnostics } = engine.validateStandard(new TemplateFile(templateFile));
    return diagnostics
      .filter(({ severity, ruleId }) => severity === 'FATAL' || severity === 'ERROR' || REFUSED_WARNINGS.has(ruleId))
      .map(({ ruleId, message, entity }) => `${ruleId} ${entity?.logicalId ?? ''}: ${message}`);
  } finally {
    engine.free();
  }
}

/** Settings that still are the placeholders of `serverless.yml`: `SIEBEL_BASE_URL of queue`. */
export function placeholders({ Resources }: Template): string[] {
  const found = new Set<string>();
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
    for (const [name, value] of Object.entries(Variables)) {
      if (typeof value === 'string' && /\/\/([^/]+\.)?example\.com/.test(value)) found.add(name);
    }
  }
  return [...found].sort();
}

/** Name of the stage, and a hint when it has settings by defaults and the command line only: it may be misspelt. */
export function describeStage({ stage, blocks }: StageParameters): string {
  return blocks[stage] ? stage : `${stage} (has no block of its own below params in serverless.yml)`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string' },
      region: { type: 'string' },
      param: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log('npm run package -- [--stage dev] [--region eu-central-1] [--param "siebelBaseUrl=https://…"]…');
    return;
  }
  const report: BuildReport = await buildFunctions();
  console.log(`${describeBuild(report)}\n`);

  const { templateFile, template, parameters } = await packageService(values);
  const { default: integration } = await import('../siebel.config.ts');
  console.log(`stage      ${describeStage(parameters)}`);
  console.log(
    `template   ${relative(ROOT, templateFile)} (${Object.keys(template.Resources).length} resources, checked)`,
  );
  console.log(describePlan(integration));
  const unset = placeholders(template);
  if (unset.length > 0) console.log(`to be set  ${unset.join(', ')} (parameters of the stage in serverless.yml)`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runCommand(main);
}
