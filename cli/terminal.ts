import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Clock } from '../lib/clock.ts';

/** The terminal, pipe or file that a command talks to. */
export interface Terminal {
  /** A line of the result, on standard output. */
  write(line: string): void;
  /** A line beside the result, on standard error. */
  note(line: string): void;
  /** Where work stands; overwritten on a terminal, elsewhere a line every few seconds. */
  progress(line: string): void;
  /** How wide a line of the result may be. */
  readonly columns: number;
  /** Whether somebody is there to answer a question. */
  readonly asks: boolean;
  /** Puts a question; `undefined` when the input ends without an answer. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** All of standard input. */
  readInput(): Promise<Uint8Array>;
}

const PROGRESS_EVERY_MS = 5_000;

/** The terminal of this process. */
export function processTerminal(clock: Pick<Clock, 'elapsed'>): Terminal {
  const { stdin, stdout, stderr } = process;
  let isOpen = false;
  let toldAtMs = clock.elapsed();
  const clear = () => {
    if (isOpen) stderr.write('\r\u001b[K');
    isOpen = false;
  };
  return {
    write(line) {
      clear();
      stdout.write(`${line}\n`);
    },
    note(line) {
      clear();
      stderr.write(`${line}\n`);
    },
    progress(line) {
      if (stderr.isTTY) {
        clear();
        stderr.write(line.slice(0, (stderr.columns ?? 80) - 1));
        isOpen = true;
      } else if (clock.elapsed() - toldAtMs >= PROGRESS_EVERY_MS) {
        toldAtMs = clock.elapsed();
        stderr.write(`${line}\n`);
      }
    },
    columns: stdout.columns ?? 80,
    asks: stdin.isTTY === true && stderr.isTTY === true,
    async ask(question, signal) {
      clear();
      const lines = createInterface({ input: stdin, output: stderr });
      // Without a line, as after Ctrl-D, the question would wait for ever.
      const ended = once(lines, 'close').then(() => undefined);
      try {
        return await Promise.race([lines.question(question, { signal }), ended]);
      } catch {
        return undefined;
      } finally {
        lines.close();
      }
    },
    async readInput() {
      const parts: Uint8Array[] = [];
      for await (const part of stdin) parts.push(part as Uint8Array);
      return Buffer.concat(parts);
    },
  };
}
