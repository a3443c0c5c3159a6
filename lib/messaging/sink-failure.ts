import { ConfigurationError, IntegrationError, ServiceUnavailableError } from '../errors.ts';
import type { Refusal, SendRecords } from '../sync/deliver.ts';
import { isForGood, isRefusal, plainNameOf } from './refusals.ts';

/**
 * Sends records, and tells what goes wrong as a sync's sink does.
 *
 * A request that is refused as a whole for what it holds is sent again record by record: the one that is refused alone is
 * refused for good, and the others go on.
 *
 * @param what Where they are sent: `queue "changes"`.
 * @param send Throws what the SDK throws, for a refusal of an entry what `entryRefusal` throws.
 */
export function toldAsSink(what: string, send: SendRecords): SendRecords {
  const failed = (error: unknown): never => {
    throw sinkFailure(what, error);
  };

  return async (records) => {
    try {
      return await send(records);
    } catch (error) {
      if (!isForGood(plainNameOf(error))) return failed(error);
      const refusals: Refusal[] = [];
      for (const [index, record] of records.entries()) {
        const refusal = await onlyOf(record, send).catch(failed);
        if (refusal) refusals.push({ ...refusal, index });
      }
      return refusals;
    }
  };
}

async function onlyOf(record: Parameters<SendRecords>[0][number], send: SendRecords): Promise<Refusal | undefined> {
  try {
    return (await send([record]))[0];
  } catch (error) {
    const code = plainNameOf(error);
    if (!isForGood(code)) throw error;
    return { index: 0, code, forGood: true };
  }
}

/**
 * What has become of an entry that was refused beside others.
 *
 * @param isSendersFault What the service says of that itself.
 * @throws ConfigurationError when no settings of ours would let any entry through.
 */
export function entryRefusal(what: string, refused: Omit<Refusal, 'forGood'>, isSendersFault?: boolean): Refusal {
  const { code } = refused;
  if (isRefusal(code)) throw refusedError(what, code);
  return { ...refused, forGood: isForGood(code, isSendersFault) };
}

function sinkFailure(what: string, error: unknown): IntegrationError {
  if (error instanceof IntegrationError) return error;
  const code = plainNameOf(error);
  return isRefusal(code)
    ? refusedError(what, code, error)
    : new ServiceUnavailableError('SINK_UNAVAILABLE', `${what} did not take records (${code})`, { cause: error });
}

function refusedError(what: string, code: string, cause?: unknown): ConfigurationError {
  const words = `${what} refuses this function (${code}): check its name, the region and the role's permissions`;
  return new ConfigurationError(words, cause === undefined ? {} : { cause });
}
