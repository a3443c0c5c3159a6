import type { DatabaseSync } from 'node:sqlite';
import { type Association, COMPONENTS, type Component, type Field } from './components.ts';
import { ORGANIZATION, TEAM } from './positions.ts';

/** A column is named as its field: names come from the component's definition alone. */
export function columnOf({ name }: Field): string {
  return `"${name}"`;
}

export function tableOf({ name }: Component): string {
  return `"${name}"`;
}

/** Columns of a component's table: its fields, and who its records belong to. */
export function columnsOf(component: Component): string[] {
  return [...component.fields.map(({ name }) => name), ...(component.hasVisibility ? [TEAM, ORGANIZATION] : [])];
}

/** Makes the table of every component and of every association between two. */
export function createTables(database: DatabaseSync): void {
  for (const component of COMPONENTS) createTable(database, component);
  const associations = COMPONENTS.flatMap(({ children }) => Object.values(children)).map(({ through }) => through);
  for (const association of associations) if (association) createAssociation(database, association);
}

function createTable(database: DatabaseSync, component: Component): void {
  const table = tableOf(component);
  const columns = columnsOf(component).map((name) => `"${name}" TEXT${name === 'Id' ? ' PRIMARY KEY' : ''}`);
  database.exec(`CREATE TABLE ${table} (${columns.join(', ')}) STRICT`);
  const indexes = [['Updated', 'Id'], [component.defaultSort], ...component.userKeys, ...parentFields(component)];
  for (const [number, fields] of indexes.entries()) {
    const names = fields.map((name) => `"${name}"`).join(', ');
    database.exec(`CREATE INDEX "${component.name} ${number}" ON ${table} (${names})`);
  }
}

/** Fields that hold a parent's row id: children are found by them. */
function parentFields({ businessObject, name }: Component): string[][] {
  const links = COMPONENTS.flatMap(({ children }) => Object.values(children));
  const fields = links.filter(({ of }) => of === `${businessObject}/${name}`).map(({ by }) => by);
  return [...new Set(fields)].filter((by) => by !== undefined).map((by) => [by]);
}

/** Both sides describe the same table, each from its own end. */
function createAssociation(database: DatabaseSync, { table, parent, child }: Association): void {
  const columns = [parent, child].sort();
  database.exec(
    `CREATE TABLE IF NOT EXISTS "${table}" (${columns.map((name) => `"${name}" TEXT NOT NULL`).join(', ')}, PRIMARY KEY (${columns.map((name) => `"${name}"`).join(', ')})) STRICT, WITHOUT ROWID`,
  );
  database.exec(`CREATE INDEX IF NOT EXISTS "${table} by ${child}" ON "${table}" ("${child}")`);
}
