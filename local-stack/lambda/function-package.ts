import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { unzipSync } from 'fflate';

/** An unpacked zip. */
export interface FunctionPackage {
  readonly taskRoot: string;
  remove(): void;
}

/**
 * Unpacks a function's zip into a folder of its own, outside this project: a module that is not in the zip is not found.
 *
 * @throws When the zip is not there, is none, or names a file outside its folder.
 */
export function unpackFunction(name: string, zipFile: string): FunctionPackage {
  const files = readZip(zipFile);
  const stray = Object.keys(files).find((path) => path.split(/[\\/]/).includes('..') || isAbsolute(path));
  if (stray !== undefined) throw new Error(`${zipFile} holds ${stray}, which lies outside its folder`);

  const taskRoot = mkdtempSync(join(tmpdir(), `lambda-${name}-`));
  for (const [path, content] of Object.entries(files)) {
    const target = join(taskRoot, path);
    if (path.endsWith('/')) continue;
    mkdirSync(dirname(target), { recursive: true });
    // As in Lambda, where the task root cannot be written.
    writeFileSync(target, content, { mode: 0o444 });
  }
  return { taskRoot, remove: () => rmSync(taskRoot, { recursive: true, force: true }) };
}

function readZip(zipFile: string): Record<string, Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(zipFile);
  } catch (error) {
    throw new Error(`${zipFile} cannot be read: build the functions first`, { cause: error });
  }
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw new Error(`${zipFile} is not a zip`, { cause: error });
  }
}
