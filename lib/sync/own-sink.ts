import type { Clock } from '../clock.ts';
import { ConfigurationError, errorNameOf, IntegrationError, ServiceUnavailableError } from '../errors.ts';
import type { OwnTarget, SyncSink } from '../operations/index.ts';

/** A call of a sink takes so long at most. */
const MAX_SECONDS = 60;

/**
 * Makes a sink of the installation's own. Whatever it throws is a failure of a sink, and so is a call that takes longer than
 * a minute: `SINK_UNAVAILABLE`, tried again by the next run. One that says nonsense of itself is a ConfigurationError.
 */
export async function madeByOwner({ name, make }: OwnTarget, clock: Clock): Promise<SyncSink> {
  const inTime = async <T>(work: () => Promise<T> | T): Promise<T> => {
    const over = new AbortController();
    const tooLate = async (): Promise<never> => {
      await clock.sleep(MAX_SECONDS * 1_000, over.signal);
      const words = `sink "${name}" has not answered within ${MAX_SECONDS} s`;
      throw new ServiceUnavailableError('SINK_UNAVAILABLE', words);
    };
    try {
      return await Promise.race([work(), tooLate()]);
    } catch (error) {
      throw sinkError(name, error);
    } finally {
      over.abort();
    }
  };
  const atOnce = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw sinkError(name, error);
    }
  };

  const sink = await inTime(make);
  const recordsPerChunk = atOnce(() => sink.recordsPerChunk);
  if (!Number.isSafeInteger(recordsPerChunk) || recordsPerChunk < 1) {
    throw new ConfigurationError(`sink "${name}": recordsPerChunk must be a whole number of at least 1`);
  }
  return {
    recordsPerChunk,
    open(run) {
      const output = atOnce(() => sink.open(run));
      return {
        chunk() {
          const chunk = atOnce(() => output.chunk());
          return {
            write: (records) => inTime(() => chunk.write(records)),
            close: (range) => inTime(() => chunk.close(range)),
            abort: () => inTime(() => chunk.abort()).catch(() => undefined),
          };
        },
        quarantine: (lines) => inTime(() => output.quarantine(lines)),
      };
    },
  };
}

/** Tells name, code and place of the failure; its words may quote anything. */
function sinkError(name: string, error: unknown): IntegrationError {
  if (error instanceof IntegrationError) return error;
  const { code } = Object(error) as { code?: unknown };
  const told = [
    errorNameOf(error),
    ...(typeof code === 'string' && /^\w{1,60}$/.test(code) ? [code] : []),
    ...placeOf(error),
  ];
  return new ServiceUnavailableError('SINK_UNAVAILABLE', `sink "${name}" failed (${told.join(', ')})`, {
    cause: error,
  });
}

function placeOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const place = lines.find((line) => /^\s+at /.test(line) && !line.includes('node:'));
  return place === undefined ? [] : [place.trim()];
}
