import type { Clock } from '../clock.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { ClientCredentials, ReadClientCredentials } from '../oauth/client-credentials.ts';

interface Kept {
  readonly credentials: ClientCredentials;
  readonly readAtMs: number;
  readonly readAtElapsedMs: number;
}

/**
 * Keeps the client credentials for a short while, and the last good ones for the time that Secrets Manager is away.
 *
 * Callers at the same moment share one read, and its failure too; a failure is not kept. Ages count by both clocks, so
 * that a frozen container or a clock put right never makes old credentials look new.
 *
 * @param options.freshForMs Age up to which they are given without a read. Default 10 000 (R30).
 * @param options.staleForMs Age up to which they are given when Secrets Manager does not answer. Default 3 600 000 (R32).
 * @param options.onStale Told each time that this happens, with the reason.
 * @throws Whatever `read` throws: at once when it is a matter of configuration, even if older ones are known.
 */
export function cacheClientCredentials(
  read: ReadClientCredentials,
  {
    clock,
    freshForMs = 10_000,
    staleForMs = 3_600_000,
    onStale = () => {},
  }: {
    clock: Clock;
    freshForMs?: number;
    staleForMs?: number;
    onStale?: (reason: ServiceUnavailableError) => void;
  },
): ReadClientCredentials {
  let kept: Kept | undefined;
  let reading: Promise<ClientCredentials> | undefined;
  let rereadAtElapsedMs = Number.NEGATIVE_INFINITY;

  const ageMs = ({ readAtMs, readAtElapsedMs }: Kept) =>
    Math.max(clock.now() - readAtMs, clock.elapsed() - readAtElapsedMs);

  const readAnew = async (): Promise<ClientCredentials> => {
    const readAtMs = clock.now();
    const readAtElapsedMs = clock.elapsed();
    try {
      const credentials = await read();
      kept = { credentials, readAtMs, readAtElapsedMs };
      return credentials;
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError) || !kept || ageMs(kept) > staleForMs) throw error;
      onStale(error);
      return kept.credentials;
    } finally {
      reading = undefined;
    }
  };

  /** A version refused while it counts as fresh is read again, though not more often than anything is read. */
  const isWorthReread = (refusedVersionId: string | undefined): boolean => {
    if (refusedVersionId === undefined || kept?.credentials.versionId !== refusedVersionId) return false;
    if (clock.elapsed() - rereadAtElapsedMs < freshForMs) return false;
    rereadAtElapsedMs = clock.elapsed();
    return true;
  };

  return async (refusedVersionId) => {
    if (reading) return reading;
    if (kept && ageMs(kept) < freshForMs && !isWorthReread(refusedVersionId)) return kept.credentials;
    reading = readAnew();
    return reading;
  };
}
