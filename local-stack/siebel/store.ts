import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Association, Component } from './components.ts';
import type { Condition } from './search/condition.ts';
import { addFunctions } from './search/sql-functions.ts';
import { columnsOf, createTables, tableOf } from './tables.ts';

/** A record by business component field names: values as {@link toStored} makes them, what is not set as `null`. */
export type Row = Readonly<Record<string, string | null>>;

export interface RowQuery {
  readonly where?: Condition;
  /** SQL made of column names. */
  readonly orderBy: string;
  readonly limit: number;
  readonly offset: number;
}

/** What one statement has changed: a row, or what ties two of them. */
export interface Change {
  readonly kind: 'insert' | 'update' | 'delete' | 'link' | 'unlink';
  /** Name of the business component, or of the association. */
  readonly component: string;
  readonly id: string;
  readonly values: Row;
}

/** On whose behalf a transaction runs. */
export interface Author {
  readonly request: number;
  readonly user: string;
  /** The business service or workflow process that the transaction is. */
  readonly run?: { readonly name: string; readonly input: Row };
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
  isLinked(association: Association, parentId: string, childId: string): boolean;
  /** Ties two records; nothing happens when they already are. */
  link(association: Association, parentId: string, childId: string): void;
  unlink(association: Association, parentId: string, childId: string): boolean;
  /** Row ids of the children that are tied to a parent. */
  tied(association: Association, parentId: string): string[];
  /** All of the work or, when it throws, nothing of it. */
  transaction<Result>(work: () => Result, author?: Author): Result;
  /** Tells the listener of everything that takes effect from now on: by transaction, and by statement outside of one. */
  watch(listener: (changes: readonly Change[], author: Author | undefined) => void): void;
  close(): void;
}

export function openStore(): Store {
  const database = new DatabaseSync(':memory:');
  addFunctions(database);
  createTables(database);

  const prepare = statementsOf(database);
  const rows = (sql: string, values: readonly (string | number)[]) => prepare(sql).all(...values) as unknown as Row[];
  const inserts = new Map<Component, { statement: StatementSync; columns: string[] }>();

  let tell: (changes: readonly Change[], author: Author | undefined) => void = () => {};
  /** Of the transaction that is open. */
  let pending: Change[] | undefined;
  function changed(kind: Change['kind'], component: string, id: string, values: Row = {}): void {
    const change = { kind, component, id, values };
    if (pending) pending.push(change);
    else tell([change], undefined);
  }

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
      const { statement, columns } = inserts.get(component) ?? insertOf(database, component);
      inserts.set(component, { statement, columns });
      statement.run(...columns.map((name) => row[name] || null));
      changed('insert', component.name, String(row['Id']), shown(component, row));
    },
    update(component, id, changes) {
      const names = Object.keys(changes);
      const sql = `UPDATE ${tableOf(component)} SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE "Id" = ?`;
      const { changes: count } = prepare(sql).run(...names.map((name) => changes[name] || null), id);
      if (count > 0) changed('update', component.name, id, shown(component, changes));
    },
    delete(component, id) {
      const isGone = prepare(`DELETE FROM ${tableOf(component)} WHERE "Id" = ?`).run(id).changes > 0;
      if (isGone) changed('delete', component.name, id);
      return isGone;
    },
    isLinked: ({ table, parent, child }, ...ids) =>
      prepare(`SELECT 1 FROM "${table}" WHERE "${parent}" = ? AND "${child}" = ?`).get(...ids) !== undefined,
    link({ table, parent, child }, parentId, childId) {
      const sql = `INSERT OR IGNORE INTO "${table}" ("${parent}", "${child}") VALUES (?, ?)`;
      if (prepare(sql).run(parentId, childId).changes > 0) changed('link', table, parentId, { [child]: childId });
    },
    unlink({ table, parent, child }, parentId, childId) {
      const sql = `DELETE FROM "${table}" WHERE "${parent}" = ? AND "${child}" = ?`;
      const isGone = prepare(sql).run(parentId, childId).changes > 0;
      if (isGone) changed('unlink', table, parentId, { [child]: childId });
      return isGone;
    },
    tied: ({ table, parent, child }, parentId) =>
      rows(`SELECT "${child}" AS "Id" FROM "${table}" WHERE "${parent}" = ?`, [parentId]).map((row) =>
        String(row['Id']),
      ),
    transaction(work, author) {
      const changes: Change[] = [];
      pending = changes;
      database.exec('BEGIN');
      let result: ReturnType<typeof work>;
      try {
        result = work();
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      } finally {
        pending = undefined;
      }
      tell(changes, author);
      return result;
    },
    watch(listener) {
      tell = listener;
    },
    close() {
      inserts.clear();
      database.close();
    },
  };
}

/** Values of fields that are set or were sent: not whose record it is. */
function shown({ fields }: Component, row: Row): Row {
  const entries = fields.map(({ name }) => [name, row[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, value || null]));
}

/** Prepared statements by their text. Search specifications hold their values apart, so the same few texts come again. */
function statementsOf(database: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size > 500) statements.clear();
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

function insertOf(database: DatabaseSync, component: Component): { statement: StatementSync; columns: string[] } {
  const columns = columnsOf(component);
  const names = columns.map((name) => `"${name}"`).join(',');
  const sql = `INSERT INTO ${tableOf(component)} (${names}) VALUES (${columns.map(() => '?').join(',')})`;
  return { statement: database.prepare(sql), columns };
}
