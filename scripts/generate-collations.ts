/**
 * Writes the rows of `src/mysql/collations.ts` anew from a running MySQL:
 * `npm run generate:collations -- HOST PORT USER` (the rest of that file is kept).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';

const [host = '127.0.0.1', port = '3306', user = 'root'] = process.argv.slice(2);
const connection = await createConnection({ host, port: Number(port), user, rowsAsArray: true });
const [rows] = await connection.query(
  `SELECT c.id, c.collation_name, c.character_set_name, s.maxlen, c.is_default = 'Yes', c.pad_attribute = 'PAD SPACE'
   FROM information_schema.collations c
   JOIN information_schema.character_sets s ON s.character_set_name = c.character_set_name ORDER BY c.id`,
);
await connection.end();
const lines = (rows as unknown[][]).map(
  ([id, name, charset, ...rest]) => `  [${id}, '${name}', '${charset}', ${rest.join(', ')}],`,
);
const file = new URL('../src/mysql/collations.ts', import.meta.url);
const text = readFileSync(file, 'utf8');
writeFileSync(
  file,
  text.replace(
    /(const rows: readonly Row\[\] = \[\n)[^\]]*?(\n\];)/s,
    (_all, head, tail) => head + lines.join('\n') + tail,
  ),
);
