/** Query attributes as a client writes them (protocol pages "COM_QUERY", "COM_STMT_EXECUTE"). */
import { lenencString } from './bytes.ts';
import { type ExecuteOptions, executePayload, type Parameter } from './parameters.ts';

/** A named value. */
export type Attribute = Readonly<{ name: string; value: Parameter }>;

/** What stands before the text of COM_QUERY. */
export function queryPrefix(attributes: readonly Attribute[]): Buffer {
  const count = Buffer.from([attributes.length, 1]);
  return attributes.length === 0 ? count : Buffer.concat([count, named(attributes, true)]);
}

/** The payload of COM_STMT_EXECUTE of a client that has negotiated attributes. */
export function namedExecutePayload(
  id: number,
  parameters: readonly Parameter[],
  attributes: readonly Attribute[],
  options: ExecuteOptions = {},
): Buffer {
  const all = [...parameters.map((value) => ({ name: '', value })), ...attributes];
  const head = executePayload(id, [], options);
  if (all.length === 0) return head;
  head[4]! |= 8;
  return Buffer.concat([head, Buffer.from([all.length]), named(all, options.withTypes ?? true)]);
}

function named(all: readonly Attribute[], withTypes: boolean): Buffer {
  const nulls = Buffer.alloc((all.length + 7) >> 3);
  for (const [at, { value }] of all.entries())
    if (value.bytes === null && !value.longData) nulls[at >> 3]! |= 1 << (at & 7);
  const types = all.flatMap(({ name, value }) => [
    Buffer.from([value.type, value.unsigned ? 0x80 : 0]),
    lenencString(name),
  ]);
  const values = all.flatMap(({ value }) => (value.bytes ? [value.bytes] : []));
  return Buffer.concat([nulls, Buffer.from([withTypes ? 1 : 0]), ...(withTypes ? types : []), ...values]);
}
