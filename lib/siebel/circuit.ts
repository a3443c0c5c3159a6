import type { Clock } from '../clock.ts';
import { NoResponseError } from '../errors.ts';
import { type Moment, momentAfter } from './moment.ts';

/** What one attempt has shown of Siebel: it works, it does not, or nothing (a failure that is not Siebel's). */
export type Showing = 'up' | 'down' | 'nothing';

/** Leaves Siebel alone for some seconds when it has failed again and again. */
export interface Circuit {
  /**
   * To be called before an attempt. What it gives is to be called once when the attempt has ended.
   *
   * @throws NoResponseError `CIRCUIT_OPEN` while Siebel is left alone; nothing is to be sent then.
   */
  enter(): (showing: Showing) => void;
  /** Whether attempts are let through as always. */
  readonly closed: boolean;
}

const FAILURES_TO_OPEN = 5;
/** How many times the first pause the longest one is. */
const LONGEST = 6;
/** While the probe is under way nobody knows how long it takes. */
const PROBE_WAIT_MS = 1_000;

/**
 * The circuit of one container. Five failures in a row open it for `openMs`; then one attempt is let through as a probe.
 * While that fails too, the pause doubles up to six times `openMs`; any success closes the circuit.
 *
 * Sets no timer: a container that was frozen finds its pause over when it has passed.
 *
 * @param options.openMs First pause in milliseconds. Default 5 000.
 */
export function circuit({ clock, openMs = 5_000 }: { clock: Clock; openMs?: number | undefined }): Circuit {
  let failures = 0;
  let pauseMs = openMs;
  let paused: Moment | undefined;
  /** Attempts that began before the circuit opened say nothing new when they fail. */
  let openings = 0;
  let probing = false;

  const open = () => {
    paused = momentAfter(clock, pauseMs);
    pauseMs = Math.min(pauseMs * 2, openMs * LONGEST);
    openings += 1;
  };
  const close = () => {
    failures = 0;
    pauseMs = openMs;
    paused = undefined;
  };
  const enterProbe = (until: Moment) => {
    const leftMs = probing ? Math.max(until.leftMs(), PROBE_WAIT_MS) : until.leftMs();
    if (leftMs > 0) {
      throw new NoResponseError('CIRCUIT_OPEN', 'Siebel has failed again and again, and is left alone for a moment', {
        sent: false,
        retryAfterMs: Math.ceil(leftMs),
      });
    }
    probing = true;
  };

  return {
    get closed() {
      return paused === undefined;
    },
    enter() {
      const probe = paused !== undefined;
      if (paused) enterProbe(paused);
      const opening = openings;

      return (showing) => {
        if (probe) probing = false;
        if (showing === 'up') close();
        if (showing !== 'down' || opening !== openings) return;
        failures += 1;
        // Nothing but a success sets the count back, so that one failed probe is enough.
        if (failures >= FAILURES_TO_OPEN) open();
      };
    },
  };
}
