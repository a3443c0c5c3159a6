import type { EventBridgeTarget, SyncJob, SyncTarget } from './sync-job.ts';

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,5}$/;
/** Folders of the bucket that hold something else. */
const RESERVED_PREFIX = /^(?:sets|quarantine)(?:\/|$)/;
const QUEUE_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?$/;
const BUS = /^(?!aws\.)[A-Za-z0-9._/-]{1,256}$/;
const SOURCE = /^(?!aws\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$/;
const DETAIL_TYPE = /^(?=\S)[ -~]{1,128}$/;

/** What is wrong with where a job puts its records, as text after `sync.<job>.`. */
export function targetProblems(to: SyncTarget): string[] {
  switch (to?.kind) {
    case 's3':
      return prefixProblems(to.prefix);
    case 'sqs':
      return fits(to.queueName, QUEUE_NAME)
        ? []
        : [
            'to: the queue is not named by letters, digits, - and _, at most 80 with .fifo; neither an address nor an ARN',
          ];
    case 'eventbridge':
      return eventProblems(to);
    case 'own':
      return [
        ...(fits(to.name, /^[a-z][a-z0-9-]{0,62}$/) ? [] : ['to: the own sink is not named like data-lake']),
        ...(typeof to.make === 'function' ? [] : ['to: the own sink has no function that makes it']),
      ];
    default:
      return ['to: is none of s3(…), sqs(…), eventBridge(…), ownSink(…)'];
  }
}

/** Jobs whose objects would lie among each other's: `<prefix>/<job>/…` is each one's own. */
export function targetConflicts(jobs: ReadonlyMap<string, SyncJob>): string[] {
  const placed = [...jobs].flatMap(([job, { to }]) =>
    to?.kind === 's3' && fits(to.prefix, PREFIX) ? [{ job, folder: `${to.prefix}/${job}/` }] : [],
  );
  return placed.flatMap(({ job, folder }, index) =>
    placed
      .slice(0, index)
      .filter((other) => folder.startsWith(other.folder) || other.folder.startsWith(folder))
      .map(
        (other) =>
          `sync.${job}.to: its folder ${folder} and that of sync.${other.job}, ${other.folder}, lie one in the other`,
      ),
  );
}

function prefixProblems(prefix: string): string[] {
  if (!fits(prefix, PREFIX)) return ['to: the prefix is not of the form accounts or crm/accounts'];
  return RESERVED_PREFIX.test(prefix) ? [`to: the prefix ${prefix} is one that the integration itself uses`] : [];
}

function eventProblems({ bus, source, detailType }: EventBridgeTarget): string[] {
  return [
    ...(fits(bus, BUS) ? [] : ["to: bus is neither 'default' nor the name of an event bus"]),
    ...(fits(source, SOURCE) ? [] : ['to: source is not of the form com.example.siebel; aws. is kept for AWS']),
    ...(detailType === undefined || fits(detailType, DETAIL_TYPE)
      ? []
      : ['to: detailType is not a text of 1 to 128 characters']),
  ];
}

/** A regular expression alone would take a name that was left out for `undefined`. */
function fits(value: unknown, form: RegExp): boolean {
  return typeof value === 'string' && form.test(value);
}
