/** Vindexes that are kept in a table: known by name, cost and parameters. Nothing is computed here. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { badParam, integerParam, type VindexParams } from './params.ts';
import type { Destination, Vindex } from './vindex.ts';

/** A key of MySQL has no more, so neither has the table that a lookup is kept in. */
const COLUMNS_MAX = 16;
const switches = [
  'autocommit',
  'multi_shard_autocommit',
  'ignore_nulls',
  'batch_lookup',
  'write_only',
  'no_verify',
];
const readLocks = ['exclusive', 'shared', 'none'];

/** What every lookup type takes. */
export const lookupParams: readonly string[] = ['table', 'from', 'to', 'read_lock', ...switches];

/** A lookup vindex; those whose name ends in `_unique` have one keyspace id per value. */
export function lookupVindex(type: string, params: VindexParams): Vindex {
  for (const name of ['table', 'from', 'to']) {
    if ((params[name] ?? '') === '') throw badParam(type, name, 'is missing');
  }
  for (const name of switches) {
    const value = params[name];
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw badParam(type, name, `must be "true" or "false", not ${JSON.stringify(value)}`);
    }
  }
  const { read_lock: readLock } = params;
  if (readLock !== undefined && !readLocks.includes(readLock)) {
    throw badParam(
      type,
      'read_lock',
      `must be one of ${readLocks.join(', ')}, not ${JSON.stringify(readLock)}`,
    );
  }
  const columns = params.from!.split(',').length;
  if (columns > COLUMNS_MAX) throw badParam(type, 'from', `has more than ${COLUMNS_MAX} columns`);
  const unique = type.endsWith('_unique');
  return keptInTable(type, unique, unique ? 10 : 20, columns);
}

/** `lookup_cost`, which exists to give tests a vindex of any cost. */
export function lookupCost(params: VindexParams): Vindex {
  const cost = integerParam('lookup_cost', params, 'cost', 0, 1_000_000) ?? 5;
  return keptInTable('lookup_cost', false, cost, COLUMNS_MAX);
}

const keptInTable = (type: string, unique: boolean, cost: number, columnsMax: number): Vindex =>
  Object.freeze({
    type,
    unique,
    functional: false,
    cost,
    columnCount: { min: 1, max: columnsMax },
    ordered: false,
    map: (): Destination => {
      throw new HeadgateError('HG_INTERNAL', {
        detail: `${type} is kept in a table and was asked to compute`,
      });
    },
  });
