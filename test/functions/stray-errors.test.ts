import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endOnStrayErrors } from '../../functions/stray-errors.ts';
import { keptLog, keptMetrics } from '../lib/queue/queue-parts.ts';

/** A process with a listener that was there before, as Lambda's runtime has one, and what happened in order. */
function processWithRuntime() {
  const happened: string[] = [];
  const proc = Object.assign(new EventEmitter(), {
    exit(code?: number | string | null): never {
      happened.push(`exit ${code}`);
      throw new Error('the process has ended');
    },
  });
  for (const event of ['uncaughtException', 'unhandledRejection']) proc.on(event, () => happened.push('runtime'));
  return { proc: proc as unknown as NodeJS.Process, happened };
}

describe('endOnStrayErrors', () => {
  it.each(['uncaughtException', 'unhandledRejection'])(
    'ends the process with one redacted line after an %s, before anyone else hears of it (F106)',
    (event) => {
      const { proc, happened } = processWithRuntime();
      const log = keptLog();
      const metrics = keptMetrics();
      endOnStrayErrors({ log, metrics }, proc);

      expect(() => proc.emit(event as 'uncaughtException', new RangeError('canary-7f3a'))).toThrow('has ended');

      expect(happened).toEqual(['exit 1']);
      expect(log.lines).toMatchObject([
        { level: 'error', event: 'PROCESS_ENDED', class: 'bug', code: 'BUG', errorName: 'RangeError' },
      ]);
      expect(log.lines[0]?.['stack']).toContain('stray-errors.test.ts');
      expect(JSON.stringify(log.lines)).not.toContain('canary-7f3a');
      expect([metrics.counts.get('failure.bug'), metrics.published]).toEqual([1, 1]);
    },
  );

  it('tells of a rejection with nothing that it is a bug', () => {
    const { proc } = processWithRuntime();
    const log = keptLog();
    endOnStrayErrors({ log, metrics: keptMetrics() }, proc);
    expect(() => proc.emit('unhandledRejection', undefined, Promise.resolve())).toThrow('has ended');
    expect(log.lines).toEqual([{ level: 'error', event: 'PROCESS_ENDED', class: 'bug', code: 'BUG' }]);
  });
});
