/** What the extraction takes from a script, and what it leaves. */
import { expect, test } from 'vitest';
import { extractStatements } from './mysqltest.ts';

const cases: [string, string, string[]][] = [
  ['statements', 'SELECT 1;\nSELECT\n2;', ['SELECT 1', 'SELECT\n2']],
  [
    'a delimiter in quotes',
    'SELECT \';\', "a\\";", `;`; SELECT 2;',
    ['SELECT \';\', "a\\";", `;`', 'SELECT 2'],
  ],
  ['comments and commands', '# no; t\n--error 1064\n-- note\nSELECT 1;\necho done;', ['SELECT 1']],
  [
    'delimiters',
    'delimiter //;\nCREATE PROCEDURE p() BEGIN DO 1; END//\ndelimiter ;//\nSELECT 1;',
    ['CREATE PROCEDURE p() BEGIN DO 1; END', 'SELECT 1'],
  ],
  [
    'known variables',
    'let $t = t1;\neval SELECT * FROM $t;\n--eval DROP TABLE $t\neval SELECT $u;',
    ['SELECT * FROM t1', 'DROP TABLE t1'],
  ],
  ['values of the server are not known', 'let $t = `SELECT 1`;\neval SELECT $t;', []],
  ['blocks', 'if ($x)\n{\n  SELECT 1;\n}\nwhile ($i) {\n SELECT 2; dec $i;\n}', ['SELECT 1', 'SELECT 2']],
  [
    'files in the script',
    '--perl\nprint "x";\nEOF\n--write_file a.txt END\nSELECT 9;\nEND\nSELECT 1;',
    ['SELECT 1'],
  ],
  ['send', 'send SELECT 1;\nreap;', ['SELECT 1']],
];

test.each(cases)('%s', (_name, script, statements) => {
  expect(extractStatements(script)).toEqual(statements);
});
