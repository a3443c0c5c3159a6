import type { BackfillPlan, BackfillPlans } from '../../../../lib/sync/backfill/plan.ts';

/** Plans with the same conditions as the state table's; both pass the same contract. */
export function plansInMemory(): BackfillPlans & {
  /** Windows that were let go, in order: `accounts backfill-20260301-aaaaa-0003`. */
  readonly expired: readonly string[];
} {
  const expired: string[] = [];
  const plans = new Map<string, BackfillPlan>();
  const done = new Map<string, Set<number>>();

  const change = (job: string, id: string, changed: Partial<BackfillPlan>): boolean => {
    const plan = plans.get(job);
    if (plan?.id !== id) return false;
    plans.set(job, { ...plan, ...changed });
    return true;
  };

  return {
    read: async (job) => plans.get(job),
    async store(job, plan, seen) {
      const there = plans.get(job);
      if (there?.id !== plan.id && (there?.id !== seen?.id || there?.state !== seen?.state)) return false;
      plans.set(job, plan);
      return true;
    },
    cancel: async (job, id) => change(job, id, { state: 'cancelled' }),
    resume: async (job, id, since) => change(job, id, { state: 'running', since }),
    isRunning: async (job, id) => plans.get(job)?.id === id && plans.get(job)?.state === 'running',
    async noteDone(job, id, n) {
      const key = `${job} ${id}`;
      done.set(key, new Set(done.get(key)).add(n));
    },
    async expire(job, window) {
      expired.push(`${job} ${window}`);
    },
    expired,
    done: async (job, id) => new Set(done.get(`${job} ${id}`)),
  };
}
