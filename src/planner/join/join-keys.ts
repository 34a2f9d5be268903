/** Equalities of columns by which rows of different places can be joined. */
import { collationByName } from '../../mysql/collations.ts';
import type { ColumnSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import { integerTypes } from '../analysis/predicates.ts';
import { sameEquality } from '../analysis/same-equality.ts';
import { Refused } from '../refused.ts';
import type { JoinColumnName, JoinNames } from './join-names.ts';
import type { KeyForm } from './join-plan.ts';

/** Two columns of different tables that must be equal. */
export type KeyPair = readonly [JoinColumnName, JoinColumnName];

/** The pairs of columns that a condition makes equal and nothing else; undefined for conditions of other forms. */
export function pairsIn(condition: Expression, names: JoinNames): KeyPair[] | undefined {
  if (condition.kind !== 'comparison' || condition.operator !== '=') return undefined;
  return pairsOf(condition.left, condition.right, names);
}

/** The same of two sides: columns, or rows of columns. */
export function pairsOf(left: Expression, right: Expression, names: JoinNames): KeyPair[] | undefined {
  if (left.kind === 'column' && right.kind === 'column') return [[names.resolve(left), names.resolve(right)]];
  if (left.kind !== 'row' || right.kind !== 'row' || left.items.length !== right.items.length)
    return undefined;
  const pairs: KeyPair[] = [];
  for (const [at, item] of left.items.entries()) {
    const other = right.items[at]!;
    if (item.kind !== 'column' || other.kind !== 'column') return undefined;
    pairs.push([names.resolve(item), names.resolve(other)]);
  }
  return pairs;
}

/** How the outer column's values are written for the inner one. Raises Refused where they are not compared as each with itself. */
export function keyForm(outer: ColumnSchema, inner: ColumnSchema): KeyForm {
  const isSame = sameEquality(outer, inner) && sameEquality(inner, outer);
  if (isSame && outer.values === undefined && inner.values === undefined) {
    if (integerTypes.has(outer.dataType)) return { kind: 'integer' };
    if (outer.dataType === 'decimal') return { kind: 'decimal' };
    if (bytesTypes.has(outer.dataType)) return { kind: 'bytes' };
    const charset = introducers[outer.charset ?? ''] ?? outer.charset;
    if (charset !== undefined && !deprecated.has(charset) && textTypes.has(outer.dataType))
      return { kind: 'text', charset };
  }
  throw new Refused(
    `${outer.name} and ${inner.name}, which are of two types or collations, or of a type that is not joined by`,
  );
}

/** MySQL warns of these character sets in a text; the same bytes mean the same in others. */
const introducers: Readonly<Record<string, string>> = { utf8mb3: 'utf8mb4', ucs2: 'utf16' };
/** Those that it warns of and that have no such other. */
const deprecated: ReadonlySet<string> = new Set(['dec8', 'hp8', 'macroman', 'macce']);

const bytesTypes: ReadonlySet<string> = new Set(['binary', 'varbinary']);
const textTypes: ReadonlySet<string> = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext']);

/** The collation of text columns. */
export function collationIdOf({ collation }: ColumnSchema): number {
  const found = collationByName(collation ?? '');
  if (found === undefined) throw new Refused(`the collation ${collation}`);
  return found.id;
}
