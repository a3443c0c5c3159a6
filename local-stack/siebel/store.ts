import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { COMPONENTS, type Component } from './components.ts';
import { type Condition, columnOf, FOLD } from './search/sql.ts';

/** A record by business component field names: instants in ISO 8601, what is not set as `null`. */
export type Row = Readonly<Record<string, string | null>>;

export interface RowQuery {
  readonly where?: Condition;
  /** SQL made of column names. */
  readonly orderBy: string;
  readonly limit: number;
  readonly offset: number;
}

/** The database below the stand-in: one table per component, in memory. */
export interface Store {
  query(component: Component, query: RowQuery): Row[];
  count(component: Component, where?: Condition): number;
  get(component: Component, id: string): Row | undefined;
  /** Rows that have exactly these values in these fields; an empty value finds rows where it is not set. */
  find(component: Component, values: Row): Row[];
  insert(component: Component, row: Row): void;
  update(component: Component, id: string, changes: Row): void;
  delete(component: Component, id: string): boolean;
  /** All of the work or, when it throws, nothing of it. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

export function openStore(): Store {
  const database = new DatabaseSync(':memory:');
  const statements = new Map<string, StatementSync>();
  database.function(FOLD, { deterministic: true }, (text) => (text === null ? null : String(text).toLowerCase()));
  for (const component of COMPONENTS) createTable(database, component);

  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    // Search specifications hold their values apart, so the same few texts come again and again.
    if (statements.size > 500) statements.clear();
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const rows = (sql: string, values: readonly (string | number)[]) => prepare(sql).all(...values) as unknown as Row[];

  return {
    query: (component, { where, orderBy, limit, offset }) =>
      rows(`SELECT * FROM ${tableOf(component)} WHERE ${where?.sql ?? '1'} ORDER BY ${orderBy} LIMIT ? OFFSET ?`, [
        ...(where?.values ?? []),
        limit,
        offset,
      ]),
    count(component, where) {
      const sql = `SELECT count(*) AS n FROM ${tableOf(component)} WHERE ${where?.sql ?? '1'}`;
      return Number(prepare(sql).get(...(where?.values ?? []))?.['n']);
    },
    get: (component, id) => rows(`SELECT * FROM ${tableOf(component)} WHERE "Id" = ?`, [id])[0],
    find(component, values) {
      const conditions = Object.keys(values).map((name) => `"${name}" IS ?`);
      const sql = `SELECT * FROM ${tableOf(component)} WHERE ${conditions.join(' AND ')}`;
      return prepare(sql).all(...Object.values(values).map((value) => value || null)) as unknown as Row[];
    },
    insert(component, row) {
      const columns = component.fields.map(columnOf);
      const sql = `INSERT INTO ${tableOf(component)} (${columns.join(',')}) VALUES (${columns.map(() => '?').join(',')})`;
      prepare(sql).run(...component.fields.map(({ name }) => row[name] || null));
    },
    update(component, id, changes) {
      const names = Object.keys(changes);
      const sql = `UPDATE ${tableOf(component)} SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE "Id" = ?`;
      prepare(sql).run(...names.map((name) => changes[name] || null), id);
    },
    delete: (component, id) => prepare(`DELETE FROM ${tableOf(component)} WHERE "Id" = ?`).run(id).changes > 0,
    transaction(work) {
      database.exec('BEGIN');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

function createTable(database: DatabaseSync, component: Component): void {
  const table = tableOf(component);
  const columns = component.fields.map(
    (field) => `${columnOf(field)} TEXT${field.name === 'Id' ? ' PRIMARY KEY' : ''}`,
  );
  database.exec(`CREATE TABLE ${table} (${columns.join(', ')}) STRICT`);
  const indexes = [['Updated', 'Id'], [component.defaultSort], ...component.userKeys];
  for (const [number, fields] of indexes.entries()) {
    const names = fields.map((name) => `"${name}"`).join(', ');
    database.exec(`CREATE INDEX "${component.name} ${number}" ON ${table} (${names})`);
  }
}

function tableOf({ name }: Component): string {
  return `"${name}"`;
}
