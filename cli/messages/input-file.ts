import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { JsonError, parseJson } from '../../lib/json.ts';
import type { Surroundings } from '../command.ts';
import { Problem } from '../problem.ts';

type From = Pick<Surroundings, 'terminal' | 'folder'>;

/** Longest string in an input: that of a whole message. */
const MAX_STRING_LENGTH = 262_144;

/**
 * Reads a file, or standard input for `-`.
 *
 * @throws Problem `UNREADABLE_FILE`.
 */
export async function readText(file: string, run: From): Promise<string> {
  const bytes = file === '-' ? await run.terminal.readInput() : await readBytes(resolve(run.folder, file));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem('UNREADABLE_FILE', `${nameOf(file)} is not UTF-8`, { exitCode: 2 });
  }
}

/**
 * Reads one JSON document.
 *
 * @throws Problem `UNREADABLE_FILE`, `INVALID_INPUT`.
 */
export async function readJson(file: string, run: From): Promise<unknown> {
  const text = await readText(file, run);
  try {
    return parseJson(text, { maxStringLength: MAX_STRING_LENGTH });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const { code, pointer, message } = error;
    throw new Problem('INVALID_INPUT', `${nameOf(file)} is not the JSON that is needed`, {
      exitCode: 2,
      issues: [{ pointer, code, message }],
    });
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Problem('UNREADABLE_FILE', `${file} cannot be read (${code})`, { exitCode: 2 });
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}
