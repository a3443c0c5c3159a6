import type { Fault } from '../../../local-stack/faults/fault.ts';
import type { FaultyTable, TableFault } from '../../../local-stack/faults/state-table.ts';
import type { LocalStack } from '../../../local-stack/stack.ts';
import { type Draw, drawFrom } from '../draw.ts';
import type { BucketFault, FaultyBucket } from './bucket.ts';
import { type KillOptions, type Kills, startKills } from './kills.ts';

export interface StrikesOptions extends KillOptions {
  /** Shares of the requests that meet a fault. */
  readonly rates: { readonly siebel: number; readonly table: number; readonly bucket: number };
}

export type Struck = ReturnType<Kills['soFar']> & {
  readonly siebel: number;
  readonly table: number;
  readonly bucket: number;
};

/** What befalls the schedule function and those that it speaks to. */
export interface Strikes {
  soFar(): Struck;
  /** Strikes no more, and thaws what is frozen. */
  stop(): void;
}

const PAGE_FAULTS: readonly ((extent: number) => Fault)[] = [
  () => ({ status: 503, html: true }),
  () => ({ truncate: true }),
  () => ({ reset: 'before' }),
  () => ({ html: true }),
  (extent) => ({ delayMs: 50 + Math.round(extent * 400) }),
];
const TABLE_FAULTS: readonly ((extent: number) => TableFault)[] = [
  () => 'refuse',
  () => 'throttle',
  () => 'lose answer',
  (extent) => ({ delayMs: 50 + Math.round(extent * 400) }),
];
const BUCKET_FAULTS: readonly ((extent: number) => BucketFault)[] = [
  () => 'refuse',
  () => 'slow down',
  () => 'lose answer',
  (extent) => ({ delayMs: 50 + Math.round(extent * 400) }),
];

export function strike(
  { siebel, functions }: LocalStack,
  { table, bucket }: { readonly table: FaultyTable; readonly bucket: FaultyBucket },
  { rates, ...options }: StrikesOptions,
): Strikes {
  const draw = drawFrom(options.seed);
  const kills = startKills(functions.schedule, options);
  const counts = { siebel: 0, table: 0, bucket: 0 };
  const counted = <F>(where: keyof typeof counts, number: number, faults: readonly ((extent: number) => F)[]) => {
    const fault = faultOf(draw, `${where} ${number}`, rates[where], faults);
    if (fault !== undefined) counts[where] += 1;
    return fault;
  };

  siebel.chooseFaults(({ number, method }) => {
    if (method !== 'GET') return undefined;
    kills.pass('page asked for');
    return counted('siebel', number, PAGE_FAULTS);
  });
  table.chooseFaults(({ number, operation }) => {
    kills.pass('table asked');
    return operation === 'GetItem' ? undefined : counted('table', number, TABLE_FAULTS);
  });
  table.onDone((request, status) => {
    kills.notice(request, status);
    kills.pass('table has written');
  });
  table.onAnswered(() => kills.pass('table has answered'));
  bucket.chooseFaults(({ number }) => {
    kills.pass('bucket asked');
    return counted('bucket', number, BUCKET_FAULTS);
  });
  bucket.onDone(() => kills.pass('bucket has stored'));
  bucket.onAnswered(() => kills.pass('bucket has answered'));

  return {
    soFar: () => ({ ...kills.soFar(), ...counts }),
    stop() {
      kills.stop();
      siebel.chooseFaults();
      table.chooseFaults();
      table.onDone(() => {});
      table.onAnswered(() => {});
      bucket.chooseFaults();
      bucket.onDone(() => {});
      bucket.onAnswered(() => {});
    },
  };
}

function faultOf<F>(
  draw: Draw,
  thing: string,
  rate: number,
  faults: readonly ((extent: number) => F)[],
): F | undefined {
  if (draw(`${thing} struck`) >= rate) return undefined;
  const make = faults[Math.floor(draw(`${thing} kind`) * faults.length)];
  return make?.(draw(`${thing} extent`));
}
