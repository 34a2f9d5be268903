/** The keys of a batch as SQL: the elements of the list that a lookup's text ends with, for each shard its own. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { KeyForm, Lookup } from '../../planner/join/join-plan.ts';
import type { LiteralValue } from '../../planner/literal-value.ts';
import { intersection, type ShardSet } from '../../planner/shard-map.ts';
import { binaryInteger } from '../rows/binary-integer.ts';
import { columnKind, readColumnFacts } from '../rows/column-kind.ts';
import type { RowProtocol } from '../rows/formats.ts';
import type { FieldRanges } from '../rows/row-format.ts';
import type { LookupKeys } from './outer-batch.ts';

/** What one shard is asked for: the elements of its list. */
export type KeyList = Readonly<{ shard: number; literals: readonly string[] }>;

export type KeyListOptions = Readonly<{
  protocol: RowProtocol;
  /** The shards that can have rows at all. */
  shards: ShardSet;
  /** The shards that can have rows with a value of the key that `lookup.route` names. */
  shardsOf: (value: LiteralValue) => ShardSet;
}>;

/** At least one list: without keys one that nothing is equal to, for the definitions. */
export function keyLists(keys: LookupKeys, lookup: Lookup, options: KeyListOptions): KeyList[] {
  const { protocol, shards, shardsOf } = options;
  const { definitions } = keys;
  const writers = lookup.keys.map(({ outer, form }) => writerOf(definitions[outer]!, protocol, form));
  const slots = lookup.keys.map(({ outer }) => 2 * outer);
  const fieldCount = Math.max(...lookup.keys.map(({ outer }) => outer + 1));
  const routed = shards.length > 1 ? lookup.route?.key : undefined;
  const all: string[] = [];
  const byShard = new Map<number, string[]>();
  keys.each(fieldCount, (bytes, ranges) => {
    const literal = tuple(writers, slots, bytes, ranges);
    if (routed === undefined) {
      all.push(literal);
      return;
    }
    const slot = slots[routed]!;
    const value = literalValue(
      lookup.keys[routed]!.form,
      writers[routed]!,
      bytes,
      ranges[slot]!,
      ranges[slot + 1]!,
    );
    for (const shard of intersection(shardsOf(value), shards)) {
      const list = byShard.get(shard);
      if (list === undefined) byShard.set(shard, [literal]);
      else list.push(literal);
    }
  });
  if (all.length > 0) return (shards.length === 0 ? [0] : shards).map((shard) => ({ shard, literals: all }));
  if (byShard.size > 0)
    return [...byShard].sort(([a], [b]) => a - b).map(([shard, literals]) => ({ shard, literals }));
  const none = lookup.keys.length === 1 ? 'NULL' : `(${lookup.keys.map(() => 'NULL').join(',')})`;
  return [{ shard: shards[0] ?? 0, literals: [none] }];
}

type Writer = (bytes: Buffer, start: number, end: number) => string;

function tuple(
  writers: readonly Writer[],
  slots: readonly number[],
  bytes: Buffer,
  ranges: FieldRanges,
): string {
  if (writers.length === 1) return writers[0]!(bytes, ranges[slots[0]!]!, ranges[slots[0]! + 1]!);
  const parts = writers.map((write, at) => write(bytes, ranges[slots[at]!]!, ranges[slots[at]! + 1]!));
  return `(${parts.join(',')})`;
}

const asWritten: Writer = (bytes, start, end) => bytes.toString('latin1', start, end);

function writerOf(definition: Buffer, protocol: RowProtocol, form: KeyForm): Writer {
  switch (form.kind) {
    case 'integer':
      return protocol === 'text' ? asWritten : integerWriter(definition);
    case 'decimal':
      return asWritten;
    case 'bytes':
      return (bytes, start, end) => `x'${bytes.toString('hex', start, end)}'`;
    case 'text': {
      // The bytes are those of the column's own character set: nothing is converted on the way.
      const introducer = `_${form.charset}`;
      const isWide = wideCharsets.has(form.charset);
      return (bytes, start, end) =>
        !isWide && isSimple(bytes, start, end)
          ? `${introducer}'${bytes.toString('latin1', start, end)}'`
          : `${introducer} x'${bytes.toString('hex', start, end)}'`;
    }
  }
}

function integerWriter(definition: Buffer): Writer {
  const kind = columnKind(readColumnFacts(definition));
  if (kind.kind !== 'integer')
    throw new HeadgateError('HG_SCHEMA_CHANGED', { detail: 'a column joined by is no integer any more' });
  const read = binaryInteger(kind);
  return (bytes, start) => String(read(bytes, start));
}

const wideCharsets: ReadonlySet<string> = new Set(['ucs2', 'utf16', 'utf16le', 'utf32']);

/** Letters that mean the same between quotes in any character set and sql_mode. */
function isSimple(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c) return false;
  }
  return true;
}

function literalValue(form: KeyForm, write: Writer, bytes: Buffer, start: number, end: number): LiteralValue {
  switch (form.kind) {
    case 'integer':
      return { kind: 'integer', value: BigInt(write(bytes, start, end)) };
    case 'decimal':
      return { kind: 'decimal', text: write(bytes, start, end) };
    case 'bytes':
      return { kind: 'binary', bytes: Buffer.from(bytes.subarray(start, end)), charset: undefined };
    case 'text':
      return {
        kind: 'string',
        bytes: Buffer.from(bytes.subarray(start, end)),
        charset: form.charset,
        collation: undefined,
      };
  }
}
