/** Connection attributes (`_client_name` and the like): lenenc key-value pairs behind their total length. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { lenencString } from '../lenenc.ts';
import { PayloadReader } from '../payload-reader.ts';

export type ConnectAttributes = ReadonlyMap<string, string>;

export const noAttributes: ConnectAttributes = new Map();

/** MySQL keeps at most 64 KiB of them (`performance_schema_session_connect_attrs_size`). */
const attributesBytesMax = 65_536;

/** Whether the client says that it is MySQL's own library of a version that has no mysql_native_password any more. */
export const lacksNativePlugin = (attributes: ConnectAttributes): boolean =>
  attributes.get('_client_name') === 'libmysql' &&
  Number.parseInt(attributes.get('_client_version') ?? '', 10) >= 9;

export function buildAttributes(attributes: ConnectAttributes): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of attributes) parts.push(lenencString(key), lenencString(value));
  return lenencString(Buffer.concat(parts));
}

export function readAttributes(reader: PayloadReader): ConnectAttributes {
  const block = reader.lenencString('the connection attributes');
  if (block.length > attributesBytesMax) {
    throw new HeadgateError('ER_MALFORMED_PACKET', {
      detail: `${block.length} bytes of connection attributes, more than ${attributesBytesMax}`,
    });
  }
  const attributes = new Map<string, string>();
  const pairs = new PayloadReader(block);
  while (pairs.remaining > 0) {
    const key = pairs.lenencString('a connection attribute').toString();
    attributes.set(key, pairs.lenencString('a connection attribute').toString());
  }
  return attributes;
}
