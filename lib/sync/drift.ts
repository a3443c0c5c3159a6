import type { Clock } from '../clock.ts';
import { ConfigurationError, errorNameOf, SiebelResponseError } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { SyncControl } from './checkpoint.ts';

/** Looks at what fields a component has. */
export interface DriftProbe {
  /**
   * Looks at one record with all of its members, unless that was done within the hour, and tells of those that no record
   * had before. It also shows that the address leads to Siebel (R44).
   *
   * That a member is absent says nothing: records of one component differ, and those that are not set may be left out.
   *
   * @throws Whatever Siebel throws.
   */
  look(name: string, job: SyncJob, limits: ProbeLimits): Promise<void>;
  /**
   * What a failed page means: the same failure, or `SYNC_DRIFT` that names the fields which Siebel refuses, each asked for
   * by itself.
   *
   * @returns What is to be thrown.
   */
  explain(error: unknown, name: string, job: SyncJob, limits: ProbeLimits): Promise<unknown>;
}

interface ProbeLimits {
  readonly deadlineAtMs: number;
  readonly onCall: (report: CallReport) => void;
}

/** What a probe is made of. */
export interface DriftParts {
  readonly siebel: Pick<SiebelClient, 'queryPage'>;
  readonly control: Pick<SyncControl, 'members' | 'keepMembers'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const EVERY_MS = 3_600_000;

/** Made once per container. */
export function driftProbe({ siebel, control, clock, log, metrics }: DriftParts): DriftProbe {
  const lookedAtMs = new Map<string, number>();

  /** Members of any one record; `undefined` when there is none. */
  const membersOf = async ({ read }: SyncJob, limits: ProbeLimits): Promise<readonly string[] | undefined> => {
    const { records } = await siebel.queryPage(read.address, { pageSize: 1, startRow: 0 }, limits);
    return records[0] && Object.keys(records[0]);
  };

  const isRefused = async ({ read }: SyncJob, field: string, limits: ProbeLimits): Promise<boolean> => {
    try {
      await siebel.queryPage(read.address, { fields: [field], pageSize: 1, startRow: 0 }, limits);
      return false;
    } catch (error) {
      return isRefusal(error);
    }
  };

  const tellNew = async (name: string, { read }: SyncJob, members: readonly string[]) => {
    const stored = await control.members(name);
    const known = new Set([...(stored ?? members), ...(read.read.fields ?? [])]);
    const added = members.filter((member) => !known.has(member));
    if (added.length > 0) {
      metrics.count('sync.fields.new', added.length);
      log.info('SYNC_FIELDS_NEW', { job: name, fields: added });
    }
    if (!stored || added.length > 0) await control.keepMembers(name, [...known, ...added]);
  };

  return {
    async look(name, job, limits) {
      const lastMs = lookedAtMs.get(name);
      if (lastMs !== undefined && clock.elapsed() - lastMs < EVERY_MS) return;
      const members = await membersOf(job, limits);
      if (members) {
        // News is not worth a failed run.
        await tellNew(name, job, members).catch((error) =>
          log.warn('SYNC_FIELDS_NOT_COMPARED', { job: name, errorName: errorNameOf(error) }),
        );
      }
      lookedAtMs.set(name, clock.elapsed());
    },

    async explain(error, name, job, limits) {
      if (!isRefusal(error)) return error;
      // When the component itself is gone, there is no record either, and the refusal says it best.
      const members = await membersOf(job, limits).catch(() => undefined);
      if (!members) return error;
      const gone: string[] = [];
      for (const field of (job.read.read.fields ?? []).filter((declared) => !members.includes(declared))) {
        if (await isRefused(job, field, limits)) gone.push(field);
      }
      if (gone.length === 0) return error;
      return new ConfigurationError(
        `sync job "${name}": ${job.read.name} has no ${gone.join(', ')} any more: correct its fields in siebel.config.ts or at Siebel`,
        { code: 'SYNC_DRIFT', cause: error },
      );
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof SiebelResponseError && error.code === 'SIEBEL_CONFIGURATION';
}
