import { capability, columnType, command } from '../../../src/mysql/protocol.ts';
import type { Attribute } from '../../support/attributes.ts';
import { date, double, long, longData, longlong, nullValue, text } from '../../support/parameters.ts';
import {
  changeUser,
  databaseName,
  execute,
  fetch,
  longDataStep,
  prepare,
  queries,
  query,
  type Script,
  send,
  textQueries,
  textQuery,
  withAttributes,
} from '../script.ts';

const attribute = (name: string, value: Attribute['value']): Attribute => ({ name, value });
const a = attribute('a', text('one'));
const several = [
  a,
  attribute('number', long(-7)),
  attribute('big', longlong(1n << 40n)),
  attribute('half', double(0.5)),
  attribute('day', date({ y: 2024, m: 2, d: 29, time: [1, 2, 3], micros: 4 })),
  attribute('none', nullValue()),
  attribute('bytes', text(Buffer.from([1, 2, 3]), columnType.blob)),
  attribute('', text('without a name')),
  attribute('ä', text('ö')),
];
const ask =
  "SELECT mysql_query_attribute_string('a'), mysql_query_attribute_string('number'), mysql_query_attribute_string('day'), mysql_query_attribute_string('none'), mysql_query_attribute_string('bytes'), mysql_query_attribute_string('')";

export const queryAttributes: Script = {
  name: 'query attributes',
  with: capability.queryAttributes,
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS attr',
      'CREATE TABLE attr (a INT PRIMARY KEY)',
      'INSERT INTO attr VALUES (1), (2), (3)',
      "INSTALL COMPONENT 'file://component_query_attributes'",
    ),
    query('SELECT 1'),
    withAttributes(textQuery('SELECT 2'), a),
    withAttributes(textQuery(ask), ...several),
    textQuery(ask),
    withAttributes(
      textQuery("SELECT mysql_query_attribute_string('a'); SELECT mysql_query_attribute_string('a')"),
      a,
    ),
    ...queries('BEGIN', 'SELECT * FROM attr'),
    withAttributes(textQuery('DELETE FROM attr WHERE a = 3'), a),
    ...queries('ROLLBACK', 'SELECT COUNT(*) FROM attr'),
    prepare('ask', ask),
    execute('ask'),
    withAttributes(execute('ask'), ...several),
    execute('ask'),
    prepare('one', "SELECT a, ?, mysql_query_attribute_string('a') FROM attr WHERE a = ?"),
    execute('one', [text('x'), long(2)]),
    withAttributes(execute('one', [text('y'), long(2)]), ...several),
    execute('one', [text('z'), long(3)], { withTypes: false }),
    withAttributes(execute('one', [nullValue(), long(1)]), a),
    withAttributes(execute('one', [text('z'), long(3)], { withTypes: false }), a),
    execute('one', [text('z')]),
    prepare('cursor', "SELECT a, ?, mysql_query_attribute_string('a') FROM attr WHERE a = ?"),
    withAttributes(execute('cursor', [text('cursor'), long(1)], { cursor: 1 }), a),
    fetch('cursor', 5),
    prepare('long', "SELECT a, ?, mysql_query_attribute_string('a') FROM attr WHERE a = ?"),
    longDataStep('long', 0, 'sent before'),
    execute('long', [longData(), long(1)]),
    longDataStep('long', 0, 'sent before'),
    withAttributes(execute('long', [longData(), long(1)]), ...several),
    send(command.query, ''),
    send(command.query, 'SELECT 1'),
    send(command.query, Buffer.from([0, 0, 0x44])),
    send(command.query, Buffer.from([0, 2, 0x44])),
    send(command.query, Buffer.from([1, 1, 0, 0, 0x44])),
    send(command.query, Buffer.from([9])),
    send(command.resetConnection),
    withAttributes(textQuery(ask), a),
    changeUser(databaseName),
    withAttributes(textQuery(ask), a),
    textQuery("UNINSTALL COMPONENT 'file://component_query_attributes'"),
    ...queries('DROP TABLE attr'),
  ],
};
