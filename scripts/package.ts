import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import { type BuildReport, buildFunctions, describeBuild } from './bundle.ts';

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
}

/**
 * Makes the CloudFormation template of `serverless.yml`, offline and without credentials, in `.serverless`. The zips must
 * be in `dist`.
 *
 * @param options.serviceDir Folder with `serverless.yml`, `infra` and `dist`. Default: the repository.
 * @param options.arguments Passed on to osls: `['--stage', 'prod']`.
 * @throws With the words of osls when it refuses a setting.
 */
export async function packageTemplate({
  serviceDir = ROOT,
  arguments: given = [],
}: {
  serviceDir?: string;
  arguments?: readonly string[];
} = {}): Promise<PackagedService> {
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
  if (code !== 0) throw new Error(`osls refused to package the service:\n${output.trim()}`);

  const templateFile = join(serviceDir, '.serverless/cloudformation-template-update-stack.json');
  return { templateFile, template: JSON.parse(await readFile(templateFile, 'utf8')) };
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

  const { templateFile, template } = await packageTemplate({
    arguments: [
      ...(values.stage ? ['--stage', values.stage] : []),
      ...(values.region ? ['--region', values.region] : []),
      ...values.param.flatMap((param) => ['--param', param]),
    ],
  });
  const problems = templateProblems(templateFile);
  if (problems.length > 0) throw new Error(`the template would be refused:\n  ${problems.join('\n  ')}`);

  const { planned, allowance, siebelConnections } = report.deployment.capacity;
  console.log(
    `template   ${relative(ROOT, templateFile)} (${Object.keys(template.Resources).length} resources, checked)`,
  );
  console.log(
    `capacity   ${planned} of ${allowance} connections that may be planned (Siebel has ${siebelConnections})`,
  );
  const unset = placeholders(template);
  if (unset.length > 0) console.log(`to be set  ${unset.join(', ')} (parameters of the stage in serverless.yml)`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
