import type { Parameters } from './parameters.ts';
import type { Condition } from './search/condition.ts';
import { type SiebelSettings, VIEW_MODES } from './settings.ts';
import { plain, viewDenied } from './siebel-error.ts';

/** A place in the hierarchy of people: records belong to positions, and positions to organizations. */
interface Position {
  readonly name: string;
  readonly organization: string;
  readonly above: string | undefined;
}

export const DEFAULT_ORGANIZATION = 'Default Organization';
export const OTHER_ORGANIZATION = 'Nordic Organization';

/** Organization → the one above it. */
const ORGANIZATIONS: Readonly<Record<string, string | undefined>> = {
  [DEFAULT_ORGANIZATION]: undefined,
  [OTHER_ORGANIZATION]: DEFAULT_ORGANIZATION,
};

export const POSITIONS: readonly Position[] = [
  { name: 'Sales Director', organization: DEFAULT_ORGANIZATION, above: undefined },
  { name: 'Sales Manager', organization: DEFAULT_ORGANIZATION, above: 'Sales Director' },
  { name: 'Sales Representative 1', organization: DEFAULT_ORGANIZATION, above: 'Sales Manager' },
  { name: 'Sales Representative 2', organization: DEFAULT_ORGANIZATION, above: 'Sales Manager' },
  { name: 'Nordic Representative', organization: OTHER_ORGANIZATION, above: 'Sales Director' },
];

/** Columns beside the fields of a record: who it belongs to. Each holds names between bars, the primary one first. */
export const TEAM = '~Team';
export const ORGANIZATION = '~Organizations';

/** How a column holds names. */
export function barred(names: readonly string[]): string | null {
  return names.length === 0 ? null : `|${names.join('|')}|`;
}

/** Whose a new record is: its maker's position and organization. */
export function ownersOf(
  user: string,
  { positions }: Pick<SiebelSettings, 'positions'>,
): Record<string, string | null> {
  const position = positionOf(user, positions);
  return {
    [TEAM]: barred(position ? [position.name] : []),
    [ORGANIZATION]: barred([organizationOf(user, { positions })]),
  };
}

/** The organization of a user's position. */
export function organizationOf(user: string, { positions }: Pick<SiebelSettings, 'positions'>): string {
  return positionOf(user, positions)?.organization ?? DEFAULT_ORGANIZATION;
}

export const ALL: Condition = { sql: '1', values: [] };
const NONE: Condition = { sql: '0', values: [] };

/**
 * The rows that a user sees under the view mode of a call, `Sales Rep` when it names none.
 *
 * Personal: own records. Sales Rep: those of the teams one is in. Manager: those whose primary position is one's own or
 * below it. Organization, Sub-Organization: those of one's organization, and of those below it. Group and Catalog find
 * nothing, because no record is in a catalog.
 */
export function visibilityOf(user: string, parameters: Parameters, settings: SiebelSettings): Condition {
  // Some of Oracle's own samples put the value between quotes.
  const mode = (parameters.get('ViewMode') ?? 'Sales Rep').replace(/^(["'])(.*)\1$/, '$2');
  if (!VIEW_MODES.includes(mode)) throw plain(500, `Invalid value for ViewMode: ${mode}`);
  if (!settings.viewModes.includes(mode)) throw viewDenied(mode);
  const position = positionOf(user, settings.positions);
  const organization = organizationOf(user, settings);
  switch (mode) {
    case 'Personal':
      return position ? holds(TEAM, [position.name], 'first') : NONE;
    case 'Sales Rep':
      return position ? holds(TEAM, [position.name], 'any') : NONE;
    case 'Manager':
      return position ? holds(TEAM, withThoseBelow(position.name, POSITIONS_ABOVE), 'first') : NONE;
    case 'Organization':
      return holds(ORGANIZATION, [organization], 'any');
    case 'Sub-Organization':
      return holds(ORGANIZATION, withThoseBelow(organization, Object.entries(ORGANIZATIONS)), 'any');
    case 'All':
      return ALL;
    default:
      return NONE;
  }
}

/** Whether there is an organization of this name. */
export function isOrganization(name: string): boolean {
  return Object.hasOwn(ORGANIZATIONS, name);
}

const POSITIONS_ABOVE = POSITIONS.map(({ name, above }) => [name, above] as const);

function positionOf(user: string, positions: SiebelSettings['positions']): Position | undefined {
  const name = Object.hasOwn(positions, user) ? positions[user] : undefined;
  return POSITIONS.find((position) => position.name === name);
}

function withThoseBelow(top: string, above: readonly (readonly [string, string | undefined])[]): string[] {
  const below = above.filter(([, parent]) => parent === top).flatMap(([name]) => withThoseBelow(name, above));
  return [top, ...below];
}

function holds(column: string, names: readonly string[], where: 'first' | 'any'): Condition {
  const one = `instr("${column}", ?) ${where === 'first' ? '= 1' : '> 0'}`;
  return { sql: `(${names.map(() => one).join(' OR ')})`, values: names.map((name) => `|${name}|`) };
}
