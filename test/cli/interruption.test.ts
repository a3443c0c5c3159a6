import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { interruptionOf } from '../../cli/interruption.ts';
import { fakeClock } from '../support/fake-clock.ts';

function parts() {
  const source = new EventEmitter();
  const clock = fakeClock();
  const exits: number[] = [];
  const interruption = interruptionOf(source, { clock, exit: (code) => void exits.push(code) });
  return { source, clock, exits, interruption };
}

describe('an interruption', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'by %s ends the process at once while there is nothing to finish',
    (name) => {
      const { source, exits } = parts();
      source.emit(name);
      expect(exits).toEqual([1]);
    },
  );

  it('is a wish once it is held, also when terminal and npm both pass it on', async () => {
    const { source, clock, exits, interruption } = parts();
    interruption.hold();
    expect(interruption.signal.aborted).toBe(false);

    source.emit('SIGINT');
    await clock.advance(1_000);
    source.emit('SIGINT');

    expect(interruption.signal.aborted).toBe(true);
    expect(exits).toEqual([]);
  });

  it('ends the process when it comes again later', async () => {
    const { source, clock, exits, interruption } = parts();
    interruption.hold();
    source.emit('SIGINT');
    await clock.advance(1_001);
    source.emit('SIGINT');
    expect(exits).toEqual([1]);
  });
});
