import type { CallOptions } from '../siebel/call.ts';
import { type ComponentAddress, MAX_PAGE_SIZE, type SiebelClient, type SiebelTree } from '../siebel/component.ts';
import { conditions } from '../siebel/search-specification.ts';
import type { Values } from './members.ts';
import { type Branches, hierarchyOf } from './record-trees.ts';

/**
 * Whether all children of a record have come that were sent along: nobody knows whether Siebel writes them in one transaction.
 *
 * @throws Whatever the Siebel client throws.
 */
export async function isWhole(
  client: SiebelClient,
  at: ComponentAddress,
  id: string,
  branches: Branches,
  input: Values,
  options: CallOptions,
): Promise<boolean> {
  if (![...branches.below.keys()].some((child) => rowsOf(input, child).length > 0)) return true;
  const where = conditions({}).field('Id').is(id);
  const query = { ...hierarchyOf(branches), where, pageSize: MAX_PAGE_SIZE, startRow: 0 };
  const trees = await client.hierarchy(at, query, options);
  return hasChildren(trees, [input], branches, client.maxPageSize);
}

function hasChildren(
  trees: readonly SiebelTree[],
  sent: readonly Values[],
  { below }: Branches,
  pageSize: number,
): boolean {
  return [...below].every(([child, branch]) => {
    const rows = sent.flatMap((row) => rowsOf(row, child));
    const met = trees.flatMap(({ children }) => (Object.hasOwn(children, child) ? (children[child] ?? []) : []));
    // Behind a full page may be more.
    return met.length >= pageSize || (met.length >= rows.length && hasChildren(met, rows, branch, pageSize));
  });
}

function rowsOf(input: Values, child: string): readonly Values[] {
  return Object.hasOwn(input, child) ? ((input[child] as readonly Values[] | undefined) ?? []) : [];
}
