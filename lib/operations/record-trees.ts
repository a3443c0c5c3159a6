import * as z from 'zod/mini';
import { ConfigurationError, invalidInput } from '../errors.ts';
import { type HierarchyQuery, MAX_BATCH_SIZE, type SiebelTree } from '../siebel/component.ts';
import { type DeclaredComponent, trusted } from './declared-component.ts';
import type { Values } from './members.ts';
import { decodeRecord, encodeRecord, writeMembers } from './records.ts';

/** The part of a component with its children that an operation reads or writes: components by name, and what is below. */
export interface Branches {
  readonly component: DeclaredComponent;
  readonly below: ReadonlyMap<string, Branches>;
}

/**
 * The branches that paths such as `['Contact', 'Service Request/Action']` name. A path names what it passes as well.
 *
 * @throws ConfigurationError for a path that is not declared.
 */
export function branchesOf(component: DeclaredComponent, paths: readonly string[]): Branches {
  const heads = [...new Set(paths.map((path) => path.split('/')[0] ?? ''))];
  return {
    component,
    below: new Map(
      heads.map((head) => {
        const child = component.children.get(head);
        if (!child)
          throw new ConfigurationError(`business component ${component.name}: ${head} is not a declared child`);
        const tails = paths.filter((path) => path.startsWith(`${head}/`)).map((path) => path.slice(head.length + 1));
        return [head, branchesOf(child, tails)];
      }),
    ),
  };
}

/** What is asked of a component and of the levels below it. */
export function hierarchyOf({ component: { read }, below }: Branches): HierarchyQuery {
  return {
    fields: read.fields ?? [],
    children: Object.fromEntries([...below].map(([name, branch]) => [name, hierarchyOf(branch)])),
  };
}

/**
 * A record with its children in declared types; lists of children under the names of their components, `[]` for none.
 *
 * @param pageSize Most rows that Siebel gives of one component.
 * @throws ConfigurationError for a record that differs from its declaration.
 * @throws InvalidInputError `TOO_LARGE` for as many children as a page can hold: nobody knows whether these are all.
 */
export function decodeTree({ component, below }: Branches, tree: SiebelTree, pageSize: number): Values {
  const record = trusted(component, decodeRecord(component.listed, tree.values));
  const branches = [...below].map(([name, branch]): [string, readonly Values[]] => {
    const rows = Object.hasOwn(tree.children, name) ? (tree.children[name] ?? []) : [];
    if (rows.length >= pageSize) throw mayBeCut(name, pageSize);
    return [name, rows.map((row) => decodeTree(branch, row, pageSize))];
  });
  return { ...record, ...Object.fromEntries(branches) };
}

function mayBeCut(name: string, pageSize: number): Error {
  const message = `one of the records has ${pageSize} rows of ${name} or more: read them by a query of their own`;
  return invalidInput('/input', 'TOO_LARGE', message);
}

/** Members of the schema of a written record and of the records below it; children may be left out. */
export function treeMembers(
  { component, below }: Branches,
  naturalKey: readonly string[] = [],
): Record<string, z.ZodMiniType> {
  const branches = [...below].map(([name, branch]): [string, z.ZodMiniType] => [
    name,
    z.optional(z.array(z.strictObject(treeMembers(branch))).check(z.maxLength(MAX_BATCH_SIZE))),
  ]);
  return { ...writeMembers(component.fields, { naturalKey }), ...Object.fromEntries(branches) };
}

/** An accepted input as Siebel takes it. */
export function encodeTree({ component, below }: Branches, input: Values): SiebelTree {
  return {
    values: encodeRecord(component.fields, input),
    children: Object.fromEntries(
      [...below].flatMap(([name, branch]) => {
        const rows = Object.hasOwn(input, name) ? (input[name] as readonly Values[]) : [];
        return rows.length > 0 ? [[name, rows.map((row) => encodeTree(branch, row))]] : [];
      }),
    ),
  };
}
