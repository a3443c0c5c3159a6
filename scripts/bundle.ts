import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build, formatMessages, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { ConfigurationError } from '../lib/errors.ts';
import { type Deployment, derive, type Integration } from '../lib/operations/index.ts';
import { awsLean, builtinsByRequire, undiciLean, usedSinks, warmEntry } from './bundle-plugins.ts';
import { zip } from './zip.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONFIG = join(ROOT, 'siebel.config.ts');

/** The functions of this project: each one has a file in `functions/` and becomes one zip. */
export const FUNCTION_NAMES = ['queue', 'schedule', 'backfill', 'api', 'authorizer'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** One function as it is deployed. */
export interface BuiltFunction {
  readonly name: FunctionName;
  /** The bundle, one ES module: `dist/queue/index.mjs`. */
  readonly bundleFile: string;
  /** What is uploaded, with the bundle as `index.mjs` and the private authorities below `certs/`: `dist/queue.zip`. */
  readonly zipFile: string;
  readonly bundleBytes: number;
  /** The bundle deflated at level 9. */
  readonly deflatedBytes: number;
  readonly zipBytes: number;
  /** Of the zip, in hexadecimal: the same for the same commit. */
  readonly sha256: string;
  /** Files in the bundle with the bytes that each one gives, largest first. */
  readonly inputs: readonly { readonly path: string; readonly bytes: number }[];
}

export interface BuildReport {
  readonly functions: readonly BuiltFunction[];
  /** What the template and the local stack take from `siebel.config.ts`. */
  readonly deployment: Deployment;
  /** The same as JSON: `dist/integration.json`. */
  readonly deploymentFile: string;
}

/**
 * Bundles every function and zips it. Files are replaced whole, so that builds may run beside each other.
 *
 * @param options.outDir Default `dist` in the repository.
 * @param options.config A file in the place of `siebel.config.ts`, for tests and benches.
 * @throws When `siebel.config.ts` is refused, or a source cannot be bundled.
 */
export async function buildFunctions({
  outDir = 'dist',
  config = CONFIG,
}: {
  outDir?: string;
  config?: string;
} = {}): Promise<BuildReport> {
  const out = resolve(ROOT, outDir);
  const { outputFiles, metafile } = await bundle(
    FUNCTION_NAMES.map((name) => ({ in: `warm:${name}`, out: `${name}/index` })),
    out,
    config,
  );
  // Behind the bundler, which says best where a source cannot be read.
  const integration = await integrationOf(config);
  const deployment = derive(integration);
  const certificates = await certificateFiles();
  const functions = await Promise.all(
    FUNCTION_NAMES.map((name) => writeFunction(name, { out, outputFiles, metafile, certificates })),
  );
  const deploymentFile = join(out, 'integration.json');
  await replaceFile(deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`);
  return { functions, deployment, deploymentFile };
}

/**
 * Bundles entries with the settings of the deployed functions, without writing anything.
 *
 * @param entryPoints `in`: a source file, or `warm:<function>`; `out`: its path below `outDir`, without extension.
 * @param config As for `buildFunctions`.
 */
export async function bundle(
  entryPoints: readonly { readonly in: string; readonly out: string }[],
  outDir: string,
  config = CONFIG,
): Promise<{ outputFiles: OutputFile[]; metafile: Metafile }> {
  // One that cannot be read is the bundler's to tell.
  const integration = await integrationOf(config).catch(() => undefined);
  const sinks = integration && new Set([...integration.sync.values()].map(({ to }) => to?.kind));
  const { warnings, ...built } = await build({
    entryPoints: [...entryPoints],
    outdir: outDir,
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    sourcemap: 'external',
    logLevel: 'silent',
    // A handler whose parts do not exist would fail at its first call only.
    logOverride: { 'import-is-undefined': 'error' },
    alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'scripts/environment-credentials.ts') },
    // undici's own switch for builds without its second parser.
    define: { esbuildDetection: 'true', 'process.env.JEST_WORKER_ID': 'undefined' },
    banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    plugins: [warmEntry, ownSources(config), builtinsByRequire, undiciLean, usedSinks(sinks), awsLean],
  });
  for (const text of await formatMessages(warnings, { kind: 'warning' })) console.warn(text);
  return built;
}

async function integrationOf(config: string): Promise<Integration> {
  // Not imported above: what it refuses is a sentence for whoever edits it, and no stack trace of this file.
  const { default: integration } = (await import(pathToFileURL(resolve(ROOT, config)).href)) as {
    default: Integration;
  };
  return integration;
}

/** Sources of this repository: none does anything by being imported, so that one of which nothing is used stays out. */
function ownSources(config: string): Plugin {
  return {
    name: 'own-sources',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
        const found = join(resolveDir, path);
        return { path: found === CONFIG ? resolve(ROOT, config) : found, sideEffects: false };
      });
    },
  };
}

async function writeFunction(
  name: FunctionName,
  built: { out: string; outputFiles: OutputFile[]; metafile: Metafile; certificates: Record<string, Uint8Array> },
): Promise<BuiltFunction> {
  const { out, outputFiles, metafile, certificates } = built;
  const bundleFile = join(out, name, 'index.mjs');
  const zipFile = join(out, `${name}.zip`);
  const code = contentOf(outputFiles, bundleFile);
  const archive = zip({ ...certificates, 'index.mjs': code });
  const meta = Object.entries(metafile.outputs).find(([path]) => resolve(ROOT, path) === bundleFile)?.[1];
  const inputs = Object.entries(meta?.inputs ?? {})
    .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
    .sort((a, b) => b.bytes - a.bytes);

  await replaceFile(bundleFile, code);
  await replaceFile(zipFile, archive);
  // A source map in the package would be read at every error; it is kept for people instead.
  await replaceFile(join(out, 'meta', `${name}.mjs.map`), contentOf(outputFiles, `${bundleFile}.map`));
  await replaceFile(join(out, 'meta', `${name}.json`), `${JSON.stringify(inputs, null, 2)}\n`);
  return {
    name,
    bundleFile,
    zipFile,
    bundleBytes: code.length,
    deflatedBytes: deflateRawSync(code, { level: 9 }).length,
    zipBytes: archive.length,
    sha256: createHash('sha256').update(archive).digest('hex'),
    inputs,
  };
}

function contentOf(files: readonly OutputFile[], path: string): Uint8Array {
  const file = files.find((candidate) => candidate.path === path);
  if (!file) throw new Error(`the bundler gave no ${relative(ROOT, path)}`);
  return file.contents;
}

/**
 * Private authorities of Siebel and the identity domain, packaged so that `SIEBEL_CA_FILE: certs/siebel.pem` finds them.
 *
 * @returns Content by the name in the zip: `certs/siebel.pem`.
 */
export async function certificateFiles(): Promise<Record<string, Uint8Array>> {
  const folder = join(ROOT, 'certs');
  const names = await readdir(folder).catch(() => []);
  const files = names
    .filter((name) => name.endsWith('.pem'))
    .map(async (name) => [`certs/${name}`, await readFile(join(folder, name))]);
  return Object.fromEntries(await Promise.all(files));
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const beside = `${path}.${process.pid}.${performance.now()}`;
  await writeFile(beside, content);
  await rename(beside, path);
}

/** Sizes and hashes of a build as lines for a terminal. */
export function describeBuild({ functions }: BuildReport): string {
  const rows = functions.map(({ name, bundleBytes, deflatedBytes, zipFile, sha256 }) => [
    name,
    kilobytes(bundleBytes),
    kilobytes(deflatedBytes),
    relative(ROOT, zipFile),
    sha256.slice(0, 16),
  ]);
  const table = [['function', 'bundle', 'deflated', 'zip', 'sha256'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** What a person reads of a failed build: a sentence where somebody can mend something, the stack of a defect. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return `The build failed: ${error}`;
  const isForPeople =
    error instanceof ConfigurationError ||
    ('errors' in error && 'warnings' in error) ||
    ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  return `The build failed: ${isForPeople ? error.message : error.stack}`;
}

/** Runs a command of this folder: a failure goes to the standard error output, and ends in exit code 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  await command().catch((error: unknown) => {
    console.error(describeFailure(error));
    process.exitCode = 1;
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runCommand(async () => console.log(describeBuild(await buildFunctions())));
}
