import { ConfigurationError } from '../lib/errors.ts';
import type { Integration } from '../lib/operations/index.ts';

/**
 * What `siebel.config.ts` declares.
 *
 * @throws ConfigurationError for a file that does not even load, so that this is told as any other mistake in it.
 */
export async function loadIntegration(
  load: () => Promise<{ readonly default: Integration }> = () => import('../siebel.config.ts'),
): Promise<Integration> {
  try {
    return (await load()).default;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`siebel.config.ts cannot be read: ${why}`, { cause: error });
  }
}
