import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { watchOutputs } from '../../cli/output.ts';

const MAIN = join(resolve(import.meta.dirname, '../..'), 'cli/main.ts');

function parts() {
  const told: string[] = [];
  const output = () =>
    Object.assign(new EventEmitter(), {
      write(line: string, written: () => void) {
        if (line !== '') told.push(line);
        written();
      },
    });
  const [stdout, stderr] = [output(), output()];
  return { stdout, stderr, told, outputs: watchOutputs({ stdout, stderr }) };
}

const failed = (code: string) => Object.assign(new Error(code), { code });

describe('the outputs of a command', () => {
  it('let it go on when their readers have gone', async () => {
    const { stdout, stderr, told, outputs } = parts();
    stdout.emit('error', failed('EPIPE'));
    stderr.emit('error', failed('EPIPE'));
    expect([await outputs.isWritten(), told]).toEqual([true, []]);
  });

  it('make a failure of a result that could not be written, and tell it once', async () => {
    const { stdout, told, outputs } = parts();
    stdout.emit('error', failed('ENOSPC'));
    stdout.emit('error', failed('ENOSPC'));
    expect([await outputs.isWritten(), told]).toEqual([false, ['the result could not be written (ENOSPC)\n']]);
  });

  // macOS has no such device.
  it.skipIf(!existsSync('/dev/full'))('end with 1 on a full disk', async () => {
    const child = spawn('sh', ['-c', `exec "$0" "$1" --help > /dev/full`, process.execPath, MAIN]);
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect([code, err]).toEqual([1, 'the result could not be written (ENOSPC)\n']);
  });
});
