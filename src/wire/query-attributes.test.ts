import { expect, test } from 'vitest';
import { columnType, command } from '../mysql/protocol.ts';
import { lenencString } from './lenenc.ts';
import { commandPacket } from './packets.ts';
import {
  executeWith,
  type QueryAttribute,
  queryWith,
  takeFromExecute,
  takeFromQuery,
  typesIn,
} from './query-attributes.ts';

const stringType = Buffer.from([columnType.varString, 0]);
const longType = Buffer.from([columnType.long, 0]);
const attributes: readonly QueryAttribute[] = [
  { type: stringType, name: Buffer.from('a'), isNull: false, value: lenencString('one') },
  { type: stringType, name: Buffer.from('none'), isNull: true, value: Buffer.alloc(0) },
  { type: longType, name: Buffer.from(''), isNull: false, value: Buffer.from([1, 2, 3, 4]) },
  {
    type: Buffer.from([columnType.date, 0]),
    name: Buffer.from('day'),
    isNull: false,
    value: Buffer.from([4, 0xe8, 7, 2, 29]),
  },
];
const plain = commandPacket(command.query, Buffer.from('SELECT 1'));

test.each([[[]], [attributes]])('COM_QUERY with %j', (sent) => {
  const taken = takeFromQuery(queryWith(plain, sent));
  expect(taken).toEqual({ packet: plain, attributes: sent });
});

/** EXECUTE of statement 7 with an integer and NULL. */
const content = [
  Buffer.from([7, 0, 0, 0, 1, 1, 0, 0, 0]),
  Buffer.from([0b10]),
  Buffer.from([1]),
  longType,
  stringType,
];
const execute = commandPacket(command.stmtExecute, Buffer.concat([...content, Buffer.from([9, 0, 0, 0])]));

test.each([[[]], [attributes]])('COM_STMT_EXECUTE with %j', (sent) => {
  const types = typesIn(execute, 2);
  expect(types).toEqual(Buffer.concat([longType, stringType]));
  const taken = takeFromExecute(executeWith(execute, 2, types, sent), 2, () => false);
  expect(taken.attributes).toEqual(sent);
  const back = Buffer.from(taken.packet);
  // What says that a count follows is of no use without one.
  back[9]! &= ~8;
  expect(back).toEqual(execute);
});

test('COM_STMT_EXECUTE of a statement with parameters has their number without the flag, too', () => {
  const types = typesIn(execute, 2);
  const packet = executeWith(execute, 2, types, []);
  packet[9]! &= ~8;
  expect(takeFromExecute(packet, 2, () => false)).toEqual({ packet: execute, attributes: [] });
});

test('types that were sent before', () => {
  const known = Buffer.concat([longType, stringType]);
  const short = commandPacket(
    command.stmtExecute,
    Buffer.concat([content[0]!, content[1]!, Buffer.from([0, 9, 0, 0, 0])]),
  );
  expect(executeWith(short, 2, known, attributes)).toEqual(executeWith(execute, 2, known, attributes));
});

test.each(['', '00', '0002', '010100', '01010000', '0101000101'])('what is no such command: %s', (hex) => {
  const packet = commandPacket(command.query, Buffer.from(hex, 'hex'));
  expect(() => takeFromQuery(packet)).toThrow(expect.objectContaining({ code: 'ER_MALFORMED_PACKET' }));
});
