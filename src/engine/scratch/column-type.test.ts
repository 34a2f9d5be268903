import { expect, test } from 'vitest';
import { columnTypeFacts } from './column-type.ts';

test('what a type says', () => {
  expect(columnTypeFacts('int unsigned NOT NULL')).toMatchObject({
    name: 'int',
    notNull: true,
    length: undefined,
  });
  expect(columnTypeFacts('varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NULL')).toEqual({
    name: 'varchar',
    notNull: false,
    invisible: false,
    rowBytes: 22,
    characterBytes: 1,
    length: 20,
    textSuffix: ' CHARACTER SET latin1 COLLATE latin1_bin',
  });
  expect(columnTypeFacts('char(5) CHARACTER SET utf8mb4')).toMatchObject({ characterBytes: 4, rowBytes: 22 });
  expect(columnTypeFacts('varbinary(300)')).toMatchObject({ characterBytes: 1, length: 300, rowBytes: 302 });
  expect(columnTypeFacts('longtext')).toMatchObject({ name: 'longtext', length: undefined, rowBytes: 12 });
  expect(columnTypeFacts('int NOT NULL INVISIBLE')).toMatchObject({ notNull: true, invisible: true });
});

test('members of ENUM and SET are not read as SQL', () => {
  const facts = columnTypeFacts("enum('a NOT NULL','COLLATE x','it''s','\\'') CHARACTER SET utf8mb3");
  expect(facts).toMatchObject({ name: 'enum', notNull: false, characterBytes: 3 });
  expect(columnTypeFacts("set('x') NOT NULL")).toMatchObject({ name: 'set', notNull: true });
});
