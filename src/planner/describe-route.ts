/** Routes, operands and keys in words: for EXPLAIN and for tests. */
import { unreachable } from '../errors/unreachable.ts';
import type { LiteralValue } from './literal-value.ts';
import type { Operand, Operands } from './operands.ts';
import type { Route, RoutingKey } from './route.ts';

/** More values of one list are counted instead of shown. */
const VALUES_SHOWN_MAX = 10;

/** A constant as SQL; `…` for one that only MySQL can compute. */
export function literalText(value: LiteralValue): string {
  switch (value.kind) {
    case 'null':
      return 'NULL';
    case 'integer':
      return String(value.value);
    case 'decimal':
    case 'float':
      return value.text;
    case 'string':
      return `'${value.bytes.toString('utf8').replaceAll("'", "''")}'`;
    case 'binary':
      return `0x${value.bytes.toString('hex')}`;
    case 'temporal':
      return `${value.type} '${value.text}'`;
    case 'computed':
      return '…';
    default:
      return unreachable(value);
  }
}

/** An operand: its values, or without `operands` the hole that it fills (`:1` for the first literal, `?1` for a parameter). */
export function operandText(operand: Operand, operands: Operands | undefined): string {
  if (operands !== undefined) {
    const values = operands.values(operand).map(literalText);
    if (values.length <= VALUES_SHOWN_MAX) return values.join(', ');
    return `${values.slice(0, VALUES_SHOWN_MAX).join(', ')} … (${values.length} values)`;
  }
  switch (operand.kind) {
    case 'constant':
      return literalText(operand.value);
    case 'slot':
      return `${operand.negative ? '-' : ''}:${operand.slot + 1}`;
    case 'list':
      return `:${operand.slot + 1}`;
    case 'rows':
      return `:${operand.slot + 1}[${operand.column + 1}]`;
    case 'parameter':
      return `${operand.negative ? '-' : ''}?${operand.index + 1}`;
    case 'variable':
      return `${operand.negative ? '-' : ''}@${operand.name}`;
    default:
      return unreachable(operand);
  }
}

/** `customer_id by hash`. */
export const keyText = ({ columnVindex, columns }: RoutingKey): string =>
  `${columns.map(({ name }) => name).join(', ')} by ${columnVindex.vindex.name}`;

/** A route as a condition; `all shards` where nothing narrows it. */
export function routeText(route: Route, operands: Operands | undefined): string {
  const text = (operand: Operand): string => operandText(operand, operands);
  switch (route.kind) {
    case 'all':
      return 'all shards';
    case 'keyspaceId':
      return `keyspace id ${route.id.toString('hex')}`;
    case 'equal': {
      const equal = route.values.map((value, at) => `${route.key.columns[at]!.name} = ${text(value)}`);
      return `${equal.join(' and ')} by ${route.key.columnVindex.vindex.name}`;
    }
    case 'in': {
      const { columns, columnVindex } = route.key;
      return `${columns[0]!.name} in (${route.values.map(text).join(', ')}) by ${columnVindex.vindex.name}`;
    }
    case 'between': {
      const { columns, columnVindex } = route.key;
      const low = route.low === undefined ? '' : `${text(route.low)} <= `;
      const high = route.high === undefined ? '' : ` <= ${text(route.high)}`;
      return `${low}${columns[0]!.name}${high} by ${columnVindex.vindex.name}`;
    }
    case 'and':
      return route.parts.map((part) => nested(part, operands)).join(' and ');
    case 'or':
      return route.parts.map((part) => nested(part, operands)).join(' or ');
    default:
      return unreachable(route);
  }
}

function nested(route: Route, operands: Operands | undefined): string {
  const text = routeText(route, operands);
  return route.kind === 'and' || route.kind === 'or' ? `(${text})` : text;
}
