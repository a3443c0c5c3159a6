import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import { type FunctionOptions, type LambdaFunction, lambdaFunction } from '../../local-stack/lambda/host.ts';

/** A zip with `index.mjs` (and more files, by name); removed after the test. */
export function functionZip(source: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'function-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const entries = Object.entries({ 'index.mjs': source, ...files }).map(([name, text]) => [name, strToU8(text)]);
  const zipFile = join(folder, 'function.zip');
  writeFileSync(zipFile, zipSync(Object.fromEntries(entries)));
  return zipFile;
}

/** A function with this source, and the lines it logs; closed after the test. */
export function deploy(
  source: string,
  options: Partial<FunctionOptions> = {},
): { deployed: LambdaFunction; lines: string[] } {
  const lines: string[] = [];
  const deployed = lambdaFunction({
    name: 'example',
    zipFile: functionZip(source),
    timeoutSeconds: 5,
    maxConcurrency: 2,
    onLog: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(() => deployed.close());
  return { deployed, lines };
}
