import type { CallOptions } from './call.ts';

/** Makes one call of several: their costs are added up and told once, when all has ended, also when it has failed. */
export async function reportedAsOne<T>(options: CallOptions, work: (options: CallOptions) => Promise<T>): Promise<T> {
  const { onCall } = options;
  if (!onCall) return work(options);
  const sum = { attempts: 0, siebelMs: 0, tokenMs: 0 };
  try {
    return await work({
      ...options,
      onCall({ attempts, siebelMs, tokenMs }) {
        sum.attempts += attempts;
        sum.siebelMs += siebelMs;
        sum.tokenMs += tokenMs;
      },
    });
  } finally {
    onCall(sum);
  }
}
