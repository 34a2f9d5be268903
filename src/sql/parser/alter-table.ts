/** ALTER TABLE with its actions. */
import type { AlterAction, AlterActionName, AlterTable } from '../ast/definition.ts';
import { token } from '../lexer.ts';
import { takeAlgorithmOrLock } from './create.ts';
import { type Cursor, char } from './cursor.ts';
import { parseColumn } from './name.ts';
import {
  isConstraintStart,
  parseColumnBody,
  parseColumnDefinition,
  parseConstraint,
  parseDefaultValue,
  parseTableElement,
  takeEnforced,
} from './table-elements.ts';
import { takeTable } from './table-name.ts';
import { parsePartitionDefinitions, parsePartitioning, takeTableOption } from './table-options.ts';
import { takeCharsetWords, takeNumber, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'add',
  'after',
  'algorithm',
  'all',
  'alter',
  'analyze',
  'as',
  'asc',
  'by',
  'cascade',
  'change',
  'check',
  'coalesce',
  'collate',
  'column',
  'constraint',
  'convert',
  'default',
  'desc',
  'disable',
  'discard',
  'drop',
  'enable',
  'exchange',
  'extended',
  'fast',
  'first',
  'for',
  'force',
  'foreign',
  'import',
  'index',
  'into',
  'invisible',
  'key',
  'keys',
  'local',
  'lock',
  'changed',
  'masking',
  'medium',
  'modify',
  'no',
  'not',
  'no_write_to_binlog',
  'optimize',
  'order',
  'partition',
  'partitioning',
  'partitions',
  'policy',
  'primary',
  'quick',
  'rebuild',
  'remove',
  'rename',
  'reorganize',
  'repair',
  'restrict',
  'secondary',
  'secondary_load',
  'secondary_unload',
  'set',
  'table',
  'tablespace',
  'to',
  'truncate',
  'upgrade',
  'use_frm',
  'validation',
  'visible',
  'with',
  'without',
);

/** ALTER TABLE behind ALTER. */
export function parseAlterTable(cursor: Cursor, start: number): AlterTable {
  cursor.expectWord(k.table);
  const table = takeTable(cursor);
  const actions: AlterAction[] = [];
  if (cursor.kind !== token.end && cursor.kind !== char.semicolon) {
    actions.push(parseAction(cursor));
    while (continues(cursor, actions.at(-1)!)) actions.push(parseAction(cursor));
  }
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'alterTable', start, end, table, actions, hasVersionComment };
}

/** Options of the table and partitioning may follow without a comma. */
function continues(cursor: Cursor, last: AlterAction): boolean {
  if (cursor.takeChar(char.comma)) return true;
  if (cursor.isWord(k.partition) || takesRemove(cursor)) return true;
  return last.action === 'option' && cursor.kind === token.word;
}

const takesRemove = (cursor: Cursor): boolean => cursor.isWord(k.remove);

type Fields = Partial<Omit<AlterAction, 'kind' | 'start' | 'end'>> & { action: AlterActionName };

function parseAction(cursor: Cursor): AlterAction {
  const { start } = cursor;
  const { action, name, newName, elements = [], table, option, partitioning } = parseFields(cursor);
  const end = cursor.previousEnd;
  return { kind: 'alterAction', start, end, action, name, newName, elements, table, option, partitioning };
}

function parseFields(cursor: Cursor): Fields {
  switch (cursor.kind === token.word ? cursor.word : 0) {
    case k.add:
      return parseAdd(cursor);
    case k.drop:
      return parseDrop(cursor);
    case k.alter:
      return parseAlter(cursor);
    case k.change:
    case k.modify:
      return parseChange(cursor);
    case k.rename:
      return parseRename(cursor);
    case k.partition:
      return { action: 'partitionBy', partitioning: parsePartitioning(cursor) };
    case k.algorithm:
    case k.lock:
      return { action: takeAlgorithmOrLock(cursor)! };
    default:
      return parsePartitionAction(cursor) ?? parseSimple(cursor) ?? parseOption(cursor);
  }
}

function parseOption(cursor: Cursor): Fields {
  const option = takeTableOption(cursor);
  if (option === undefined) return cursor.fail('an action of ALTER TABLE');
  return { action: 'option', option };
}

// --- ADD ---

function parseAdd(cursor: Cursor): Fields {
  cursor.advance();
  if (cursor.takeWord(k.partition)) {
    takeBinlogWord(cursor);
    if (cursor.takeWord(k.partitions)) takeNumber(cursor);
    else if (cursor.kind === char.open) parsePartitionDefinitions(cursor);
    return { action: 'partition' };
  }
  const hasColumn = cursor.takeWord(k.column);
  if (cursor.takeChar(char.open)) {
    const elements = [parseTableElement(cursor)];
    while (cursor.takeChar(char.comma)) elements.push(parseTableElement(cursor));
    cursor.expectChar(char.close);
    return { action: 'addElements', elements };
  }
  if (!hasColumn && isConstraintStart(cursor)) {
    return { action: 'addConstraint', elements: [parseConstraint(cursor)] };
  }
  const elements = [parseColumnDefinition(cursor)];
  takePlace(cursor);
  return { action: 'addColumn', elements };
}

/** FIRST or AFTER column. */
function takePlace(cursor: Cursor): void {
  if (!cursor.takeWord(k.first) && cursor.takeWord(k.after)) cursor.takeName();
}

// --- DROP ---

function parseDrop(cursor: Cursor): Fields {
  cursor.advance();
  if (takeTwo(cursor, k.primary, k.key)) return { action: 'dropPrimaryKey' };
  if (takeTwo(cursor, k.foreign, k.key)) return { action: 'dropForeignKey', name: cursor.takeName() };
  if (cursor.takeWord(k.partition)) {
    cursor.takeName();
    while (cursor.takeChar(char.comma)) cursor.takeName();
    return { action: 'partition' };
  }
  for (const [word, action] of [
    [k.index, 'dropIndex'],
    [k.key, 'dropIndex'],
    [k.check, 'dropCheck'],
    [k.constraint, 'dropConstraint'],
  ] as const) {
    if (cursor.takeWord(word)) return { action, name: cursor.takeName() };
  }
  cursor.takeWord(k.column);
  const name = cursor.takeName();
  if (!cursor.takeWord(k.restrict)) cursor.takeWord(k.cascade);
  return { action: 'dropColumn', name };
}

// --- ALTER, CHANGE, RENAME ---

function parseAlter(cursor: Cursor): Fields {
  cursor.advance();
  if (cursor.takeWord(k.index)) {
    const name = cursor.takeName();
    takeVisibility(cursor);
    return { action: 'alterIndex', name };
  }
  if (cursor.isWord(k.check) || cursor.isWord(k.constraint)) {
    const action = cursor.word === k.check ? 'alterCheck' : 'alterConstraint';
    cursor.advance();
    const name = cursor.takeName();
    takeEnforced(cursor);
    return { action, name };
  }
  cursor.takeWord(k.column);
  const name = cursor.takeName();
  if (cursor.takeWord(k.drop)) {
    if (cursor.takeWord(k.masking)) cursor.expectWord(k.policy);
    else cursor.expectWord(k.default);
  } else {
    cursor.expectWord(k.set);
    if (cursor.takeWord(k.default)) parseDefaultValue(cursor);
    else if (cursor.takeWord(k.masking)) {
      cursor.expectWord(k.policy);
      cursor.takeName();
    } else if (cursor.takeWord(k.not)) cursor.expectWord(k.secondary);
    else if (!cursor.takeWord(k.secondary)) takeVisibility(cursor);
  }
  return { action: 'alterColumn', name };
}

function takeVisibility(cursor: Cursor): void {
  if (!cursor.takeWord(k.visible)) cursor.expectWord(k.invisible);
}

function parseChange(cursor: Cursor): Fields {
  const action = cursor.word === k.change ? 'changeColumn' : 'modifyColumn';
  cursor.advance();
  cursor.takeWord(k.column);
  const { start } = cursor;
  const name = cursor.takeName();
  const element =
    action === 'changeColumn' ? parseColumnDefinition(cursor) : parseColumnBody(cursor, name, start);
  takePlace(cursor);
  return { action, name, newName: element.name, elements: [element] };
}

function parseRename(cursor: Cursor): Fields {
  cursor.advance();
  for (const [word, action] of [
    [k.column, 'renameColumn'],
    [k.index, 'renameIndex'],
    [k.key, 'renameIndex'],
  ] as const) {
    if (!cursor.takeWord(word)) continue;
    const name = cursor.takeName();
    cursor.expectWord(k.to);
    return { action, name, newName: cursor.takeName() };
  }
  if (!cursor.takeWord(k.to) && !cursor.takeWord(k.as)) cursor.takeChar(char.equal);
  return { action: 'renameTable', table: takeTable(cursor) };
}

// --- the others ---

function parseSimple(cursor: Cursor): Fields | undefined {
  if (takeTwo(cursor, k.disable, k.keys)) return { action: 'disableKeys' };
  if (takeTwo(cursor, k.enable, k.keys)) return { action: 'enableKeys' };
  if (takeTwo(cursor, k.discard, k.tablespace)) return { action: 'discardTablespace' };
  if (takeTwo(cursor, k.import, k.tablespace)) return { action: 'importTablespace' };
  if (takeTwo(cursor, k.remove, k.partitioning)) return { action: 'removePartitioning' };
  if (takeTwo(cursor, k.with, k.validation)) return { action: 'validation' };
  if (takeTwo(cursor, k.without, k.validation)) return { action: 'validation' };
  if (cursor.takeWord(k.force)) return { action: 'force' };
  if (cursor.takeWord(k.convert)) {
    cursor.expectWord(k.to);
    if (!takeCharsetWords(cursor)) cursor.fail('CHARACTER SET');
    if (!cursor.takeWord(k.default)) cursor.takeNameOrString();
    if (cursor.takeWord(k.collate)) {
      cursor.takeChar(char.equal);
      cursor.takeNameOrString();
    }
    return { action: 'convertCharset' };
  }
  if (cursor.takeWord(k.order)) {
    cursor.expectWord(k.by);
    do {
      parseColumn(cursor);
      if (!cursor.takeWord(k.asc)) cursor.takeWord(k.desc);
    } while (cursor.takeChar(char.comma));
    return { action: 'orderBy' };
  }
  if (cursor.isWord(k.secondary_load) || cursor.isWord(k.secondary_unload)) {
    const action = cursor.word === k.secondary_load ? 'secondaryLoad' : 'secondaryUnload';
    cursor.advance();
    if (cursor.takeWord(k.partition)) {
      cursor.takeNameList();
    }
    return { action };
  }
  return undefined;
}

function parsePartitionAction(cursor: Cursor): Fields | undefined {
  if (cursor.kind !== token.word || cursor.peekWord() !== k.partition) return undefined;
  const { word } = cursor;
  switch (word) {
    case k.rebuild:
    case k.optimize:
    case k.analyze:
    case k.check:
    case k.repair:
    case k.truncate:
    case k.discard:
    case k.import:
      takeVerb(cursor);
      takePartitionNames(cursor);
      while (isMaintenanceOption(cursor)) cursor.advance();
      if (word === k.discard || word === k.import) cursor.expectWord(k.tablespace);
      return { action: 'partition' };
    case k.coalesce:
      takeVerb(cursor);
      takeNumber(cursor);
      return { action: 'partition' };
    case k.reorganize:
      takeVerb(cursor);
      if (!cursor.isName()) return { action: 'partition' };
      takePartitionNames(cursor);
      cursor.expectWord(k.into);
      parsePartitionDefinitions(cursor);
      return { action: 'partition' };
    case k.exchange: {
      takeVerb(cursor);
      cursor.takeName();
      cursor.expectWord(k.with);
      cursor.expectWord(k.table);
      const table = takeTable(cursor);
      if (cursor.takeWord(k.with) || cursor.takeWord(k.without)) cursor.expectWord(k.validation);
      return { action: 'partition', table };
    }
    default:
      return undefined;
  }
}

/** `VERB PARTITION [NO_WRITE_TO_BINLOG]`. */
function takeVerb(cursor: Cursor): void {
  cursor.advance();
  cursor.advance();
  takeBinlogWord(cursor);
}

/** LOCAL is a plain word: it may also be the name of a partition. */
function takeBinlogWord(cursor: Cursor): void {
  if (cursor.takeWord(k.no_write_to_binlog)) return;
  if (cursor.isWord(k.local) && cursor.peekKind() !== char.comma && cursor.peekKind() !== token.end)
    cursor.advance();
}

function takePartitionNames(cursor: Cursor): void {
  if (cursor.takeWord(k.all)) return;
  cursor.takeName();
  while (cursor.takeChar(char.comma)) cursor.takeName();
}

function isMaintenanceOption(cursor: Cursor): boolean {
  if (cursor.kind !== token.word) return false;
  switch (cursor.word) {
    case k.quick:
    case k.extended:
    case k.use_frm:
    case k.fast:
    case k.medium:
    case k.changed:
    case k.upgrade:
    case k.for:
      return true;
    default:
      return false;
  }
}
