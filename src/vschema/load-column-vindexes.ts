/** A table's column vindexes: which columns go into which vindex, the primary one first. */
import { suggestion } from '../config/suggestion.ts';
import type { ColumnVindexSource, TableSource } from './load-keyspace.ts';
import { errorAt, type VSchemaProblem, warningAt } from './problem.ts';
import { checkListed, type TableContext } from './table-context.ts';
import type { ColumnVindex, VindexDefinition } from './vschema.ts';

/** Those without a problem, in their order. */
export function loadColumnVindexes(
  { vindexes, source: keyspace, problems }: TableContext,
  table: string,
  source: TableSource,
  path: string,
): ColumnVindex[] {
  const loaded: ColumnVindex[] = [];
  source.column_vindexes.forEach((each, at) => {
    const where = `${path}.column_vindexes[${at}]`;
    const columns = columnsOf(each, where, problems);
    if (source.column_list_authoritative === true) {
      for (const column of columns) checkListed(column, source.columns, where, problems);
    }
    const name = each.name ?? '';
    const vindex = vindexes.get(name);
    if (vindex === undefined) {
      // A vindex that is there but could not be created has been complained about already.
      if (!keyspace.vindexes.has(name)) {
        problems.push(errorAt(`${where}.name`, unknownName(name, [...keyspace.vindexes.keys()])));
      }
      return;
    }
    if (at === 0) checkPrimary(vindex, table, `${where}.name`, problems);
    checkCount(vindex, columns, where, problems);
    const again = loaded.some((other) => other.vindex === vindex && sameColumns(other.columns, columns));
    if (again) problems.push(warningAt(where, `the table has ${name} with these columns already`));
    const canonicalValues = each.canonical_values ?? vindex.canonicalValues;
    loaded.push(Object.freeze({ columns: Object.freeze(columns), vindex, canonicalValues }));
  });
  return loaded;
}

function unknownName(name: string, known: readonly string[]): string {
  if (name === '') return 'is missing: name one of `vindexes`';
  const hint = suggestion(name, known) || '; add it to `vindexes`';
  return `there is no vindex "${name}"${hint}`;
}

function columnsOf(
  { column = '', columns = [] }: ColumnVindexSource,
  path: string,
  problems: VSchemaProblem[],
): string[] {
  if (column !== '' && columns.length > 0) {
    problems.push(errorAt(path, 'has both `column` and `columns`; keep one of them'));
  }
  const names = column === '' ? [...columns] : [column];
  if (names.length === 0) problems.push(errorAt(path, 'names no `column` and no `columns`'));
  names.forEach((name, at) => {
    const twice = names.slice(0, at).some((other) => other.toLowerCase() === name.toLowerCase());
    if (name === '' || twice) {
      problems.push(
        errorAt(`${path}.columns[${at}]`, name === '' ? 'is empty' : `"${name}" stands here twice`),
      );
    }
  });
  return names;
}

function checkPrimary(
  { name, type, owner, vindex }: VindexDefinition,
  table: string,
  path: string,
  problems: VSchemaProblem[],
): void {
  if (!vindex.unique) {
    problems.push(
      errorAt(
        path,
        `${name} (${type}) is not unique; the first vindex decides where a row lives and must be`,
      ),
    );
  }
  if (!vindex.functional && owner === table) {
    problems.push(
      errorAt(path, `${name} is owned by the table, so it cannot say where the table's rows live`),
    );
  }
}

function checkCount(
  { name, type, vindex }: VindexDefinition,
  columns: readonly string[],
  path: string,
  problems: VSchemaProblem[],
): void {
  const { min, max } = vindex.columnCount;
  if (columns.length === 0 || (columns.length >= min && columns.length <= max)) return;
  const wanted = min === max ? `${min}` : `${min} to ${max}`;
  problems.push(
    errorAt(path, `${name} (${type}) takes ${wanted} column${max === 1 ? '' : 's'}, not ${columns.length}`),
  );
}

const sameColumns = (a: readonly string[], b: readonly string[]): boolean =>
  a.join('\n').toLowerCase() === b.join('\n').toLowerCase();
