import { IntegrationError } from '../../errors.ts';
import { windowMessage } from './message.ts';

/**
 * Sends up to ten messages with one request (implemented by `lib/messaging`).
 *
 * @returns Places of those that the queue has not taken after some attempts.
 */
export type SendBodies = (bodies: readonly string[]) => Promise<readonly number[]>;

/** What became of the messages of a plan. */
export interface SentWindows {
  /** Numbers of the windows whose messages lie in the queue. */
  readonly sent: readonly number[];
  /** Those that were not sent, or of which that is not known: to send them once more does no harm. */
  readonly notSent: readonly number[];
  /** Why the sending has ended before its time. */
  readonly error?: IntegrationError;
}

/** SQS takes so many messages in one request. */
const BATCH = 10;

/**
 * Puts one message for each window on the backfill queue, ten at a time, in their order.
 *
 * @param options.signal Ends the sending before the next ten.
 * @param options.onSent Told after every request.
 */
export async function sendWindows(
  { job, backfill, windows }: { readonly job: string; readonly backfill: string; readonly windows: readonly number[] },
  {
    send,
    signal,
    onSent = () => undefined,
  }: { readonly send: SendBodies; readonly signal?: AbortSignal; readonly onSent?: (sent: number) => void },
): Promise<SentWindows> {
  const sent: number[] = [];
  const refused: number[] = [];

  for (let at = 0; at < windows.length; at += BATCH) {
    if (signal?.aborted) return { sent, notSent: [...refused, ...windows.slice(at)] };
    const ten = windows.slice(at, at + BATCH);
    try {
      const places = new Set(await send(ten.map((window) => windowMessage({ job, backfill, window }))));
      sent.push(...ten.filter((_, place) => !places.has(place)));
      refused.push(...ten.filter((_, place) => places.has(place)));
    } catch (error) {
      if (!(error instanceof IntegrationError)) throw error;
      return { sent, notSent: [...refused, ...windows.slice(at)], error };
    }
    onSent(sent.length);
  }
  return { sent, notSent: refused };
}
