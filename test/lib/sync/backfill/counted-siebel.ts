import type { SiebelClient } from '../../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../../lib/siebel/search-specification.ts';
import { wire } from '../siebel-in-memory.ts';

/** Records of one component as nothing but the seconds in which they changed. */
export interface CountedSiebel extends Pick<SiebelClient, 'count' | 'queryPage'> {
  /** Ranges that were counted, in their order: first and last second, as Siebel writes them. */
  readonly counted: readonly { readonly from: string | undefined; readonly to: string }[];
}

/**
 * @param seconds Instants in milliseconds, or how many there are at each.
 * @param options.onCount Changes what a count answers.
 */
export function countedSiebel(
  seconds: readonly number[] | ReadonlyMap<number, number>,
  { onCount = (count) => count }: { onCount?: (count: number) => number } = {},
): CountedSiebel {
  const amounts = Array.isArray(seconds)
    ? seconds.reduce((map: Map<number, number>, atMs) => map.set(atMs, (map.get(atMs) ?? 0) + 1), new Map())
    : (seconds as ReadonlyMap<number, number>);
  const sorted = [...amounts].sort(([one], [other]) => one - other);
  /** Records before each of those instants, and all of them. */
  const sums = [0];
  for (const [, amount] of sorted) sums.push((sums.at(-1) ?? 0) + amount);
  /** Records before an instant. */
  const before = (untilMs: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.[0] ?? 0) < untilMs) low = middle + 1;
      else high = middle;
    }
    return sums[low] ?? 0;
  };
  const counted: { from: string | undefined; to: string }[] = [];

  return {
    counted,
    async count(_at, { where }) {
      const search = where ? searchSpecification(where) : '';
      const from = /\[Updated\] >= "([^"]+)"/.exec(search)?.[1];
      const to = /\[Updated\] <= "([^"]+)"/.exec(search)?.[1] ?? '';
      counted.push({ from, to });
      const inside = before(msOf(to) + 1_000) - (from === undefined ? 0 : before(msOf(from)));
      return onCount(inside);
    },
    async queryPage(_at, { where, sort, pageSize }) {
      const search = where ? searchSpecification(where) : '';
      const toMs = msOf(/\[Updated\] <= "([^"]+)"/.exec(search)?.[1] ?? '');
      if (JSON.stringify(sort) !== '[{"field":"Updated","direction":"asc"}]' || pageSize !== 1) throw new Error(search);
      const first = sorted.find(([atMs]) => atMs <= toMs);
      return { records: first ? [{ Id: '1-1', Updated: wire(first[0]) }] : [], lastPage: false };
    },
  };
}

/** `11/14/2023 22:13:20` */
function msOf(value: string): number {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) ([\d:]{8})$/.exec(value) ?? [];
  return Date.parse(`${year}-${month}-${day}T${time}Z`);
}
