/**
 * Tables from the statements that define them, without a server: what planning needs to know. Statements that define no table, key or row are
 * passed over; those that would change what is known are noted.
 */
import { collationByName, defaultCollation } from '../../mysql/collations.ts';
import type {
  ColumnDefinition,
  CreateTable,
  ForeignKey,
  KeyDefinition,
  KeyPart,
} from '../../sql/ast/definition.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { stringBytes } from '../../sql/literals.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { scanStatement } from '../../sql/statement-scan.ts';
import { buildTables, type SchemaRows } from '../build-schema.ts';
import type { TableSchema } from '../schema.ts';
import { type ColumnRow, columnRow, type TableFacts } from './column-row.ts';

/** What is wrong with a statement, or was left out; lines count from 1. */
export type DefinitionNote = Readonly<{ line: number; severity: 'error' | 'warning'; message: string }>;

export type Definitions = Readonly<{
  tables: ReadonlyMap<string, TableSchema>;
  notes: readonly DefinitionNote[];
}>;

type KeyRow = SchemaRows['keys'][number];
type Table = { columns: ColumnRow[]; keys: KeyRow[] };

const noKeyspaces: ReadonlySet<string> = new Set();
/** MySQL's own default of a database. */
const DEFAULT_COLLATION = 'utf8mb4_0900_ai_ci';

/** Reads a file of statements, as mysqldump writes them or people do. */
export function tablesOfDefinitions(text: Buffer, mode: LexMode): Definitions {
  return new DefinitionReader(text, mode).read();
}

class DefinitionReader {
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #tables = new Map<string, Table>();
  readonly #notes: DefinitionNote[] = [];

  constructor(text: Buffer, mode: LexMode) {
    this.#text = text;
    this.#mode = mode;
  }

  read(): Definitions {
    let at = 0;
    while (at >= 0 && at < this.#text.length) {
      const { kind, start, end, next } = scanStatement(this.#text, at, this.#mode, noKeyspaces);
      if (kind === 'ddl' && end > start) this.#statement(start, end);
      at = next;
    }
    const all = [...this.#tables];
    const tables = buildTables({
      tables: all.map(([name]) => ({ TABLE_NAME: name, TABLE_TYPE: 'BASE TABLE' })),
      columns: all.flatMap(([, { columns }]) => columns),
      keys: all.flatMap(([, { keys }]) => keys),
      views: [],
    });
    return { tables, notes: this.#notes };
  }

  #statement(start: number, end: number): void {
    const statement = parseStatement(this.#text, start, end, this.#mode);
    switch (statement.kind) {
      case 'syntaxProblem':
        this.#note(statement.at, 'error', `not understood: ${statement.message}`);
        return;
      case 'createTable':
        this.#create(statement);
        return;
      case 'createIndex':
        this.#index(statement.table.name, statement.key, start);
        return;
      case 'createView':
        this.#note(
          start,
          'warning',
          `view ${statement.view.name} is left out: only a server knows its columns`,
        );
        return;
      case 'alterTable':
        this.#note(
          start,
          'warning',
          `ALTER TABLE ${statement.table.name} is left out: write it into CREATE TABLE`,
        );
        return;
      case 'dropTable':
        for (const { name } of statement.tables) this.#tables.delete(name);
        return;
      default:
    }
  }

  #create(statement: CreateTable): void {
    const { table, like, elements, query, start } = statement;
    const { name } = table;
    if (this.#tables.has(name) && statement.ifNotExists) return;
    if (query !== undefined) {
      this.#note(
        start,
        'warning',
        `table ${name} is left out: only a server knows the columns of its SELECT`,
      );
      return;
    }
    if (like !== undefined) {
      const original = this.#tables.get(like.name);
      if (original === undefined)
        this.#note(start, 'error', `table ${like.name} is not defined before ${name}`);
      else this.#tables.set(name, renamed(original, name));
      return;
    }
    const facts: TableFacts = {
      name,
      collation: this.#collationOf(statement),
      sourceText: this.#text,
      stringAt: (from, to) => stringBytes(this.#text, from, to, this.#mode).toString('utf8'),
    };
    const columns = elements.filter((each): each is ColumnDefinition => each.kind === 'columnDefinition');
    const keys = elements.filter((each): each is KeyDefinition => each.kind === 'keyDefinition');
    const primary = new Set(
      keys.filter(({ type }) => type === 'primary').flatMap(({ parts }) => parts.map(columnIn)),
    );
    this.#tables.set(name, {
      columns: columns.map((column, at) => {
        const inPrimary = [...primary].some((each) => each?.toLowerCase() === column.name.text.toLowerCase());
        return columnRow(facts, column, at, inPrimary);
      }),
      keys: [],
    });
    for (const column of columns) this.#columnKeys(name, column);
    for (const key of keys) this.#index(name, key, start);
    for (const each of elements) if (each.kind === 'foreignKey') this.#foreignKey(name, each);
  }

  /** Keys that stand with the column. */
  #columnKeys(table: string, { name, attributes, type }: ColumnDefinition): void {
    const isSerial = /^serial$/i.test(this.#text.toString('latin1', type.start, type.end));
    const is = (wanted: string) => attributes.some(({ attribute }) => attribute === wanted);
    if (is('primaryKey')) this.#key(table, 'PRIMARY', true, [name.text]);
    if (is('unique') || is('serialDefaultValue') || isSerial) this.#key(table, undefined, true, [name.text]);
  }

  /** MySQL makes a key for it where none begins with its columns. */
  #foreignKey(table: string, { name, constraint, columns }: ForeignKey): void {
    const wanted = columns.map(({ text }) => text.toLowerCase());
    const byKey = Map.groupBy(this.#tables.get(table)!.keys, ({ INDEX_NAME }) => INDEX_NAME);
    const serves = [...byKey.values()].some((rows) =>
      wanted.every((column, at) => rows[at]?.COLUMN_NAME?.toLowerCase() === column),
    );
    if (!serves)
      this.#key(
        table,
        constraint?.text ?? name?.text,
        false,
        columns.map(({ text }) => text),
      );
  }

  #index(table: string, { type, name, constraint, parts }: KeyDefinition, at: number): void {
    if (!this.#tables.has(table)) {
      this.#note(at, 'error', `table ${table} is not defined before its index`);
      return;
    }
    const isUnique = type === 'primary' || type === 'unique';
    const named = type === 'primary' ? 'PRIMARY' : (name?.text ?? constraint?.text);
    this.#key(table, named, isUnique, parts.map(columnIn));
  }

  #key(
    table: string,
    name: string | undefined,
    unique: boolean,
    columns: readonly (string | undefined)[],
  ): void {
    const { keys, columns: all } = this.#tables.get(table)!;
    const taken = new Set(keys.map(({ INDEX_NAME }) => INDEX_NAME!.toLowerCase()));
    const base = name ?? columns[0] ?? 'functional_index';
    let own = base;
    for (let count = 2; name === undefined && taken.has(own.toLowerCase()); count++) own = `${base}_${count}`;
    keys.push(
      ...columns.map((column, at) => ({
        TABLE_NAME: table,
        INDEX_NAME: own,
        SEQ_IN_INDEX: String(at + 1),
        NON_UNIQUE: unique ? '0' : '1',
        COLUMN_NAME: spelled(column, all),
      })),
    );
  }

  #collationOf({ options }: CreateTable): string {
    const optionOf = (wanted: string) => {
      const option = options.findLast(({ name }) => name === wanted);
      return option === undefined
        ? undefined
        : this.#text.toString('latin1', option.valueStart, option.valueEnd).replace(/['"`]/g, '');
    };
    const collation = optionOf('collate');
    if (collation !== undefined) return collationByName(collation)?.name ?? collation;
    const charset = optionOf('character set');
    return (charset === undefined ? undefined : defaultCollation(charset)?.name) ?? DEFAULT_COLLATION;
  }

  #note(at: number, severity: DefinitionNote['severity'], message: string): void {
    let line = 1;
    for (let byte = 0; byte < at; byte++) if (this.#text[byte] === 0x0a) line++;
    this.#notes.push({ line, severity, message });
  }
}

/** The name as the table has it. */
const spelled = (name: string | undefined, columns: readonly ColumnRow[]): string | null =>
  name === undefined
    ? null
    : (columns.find(({ COLUMN_NAME }) => COLUMN_NAME!.toLowerCase() === name.toLowerCase())?.COLUMN_NAME ??
      name);

const columnIn = ({ column }: KeyPart): string | undefined => column?.text;

const renamed = ({ columns, keys }: Table, name: string): Table => ({
  columns: columns.map((column) => ({ ...column, TABLE_NAME: name })),
  keys: keys.map((key) => ({ ...key, TABLE_NAME: name })),
});
