/**
 * Writes the table of `src/mysql/space-weights.ts` anew from a running MySQL:
 * `npm run generate:space-weights -- HOST PORT USER` (the rest of that file is kept).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';

const [host = '127.0.0.1', port = '3306', user = 'root'] = process.argv.slice(2);
const connection = await createConnection({ host, port: Number(port), user, rowsAsArray: true });
const [collations] = await connection.query(
  `SELECT id, collation_name, character_set_name FROM information_schema.collations
   WHERE pad_attribute = 'PAD SPACE' AND collation_name <> 'binary' ORDER BY id`,
);
const idsByWeight = new Map<string, number[]>();
for (const [id, name, charset] of collations as [number, string, string][]) {
  const [rows] = await connection.query(
    `SELECT HEX(WEIGHT_STRING(CONVERT(' ' USING ${charset}) COLLATE ${name}))`,
  );
  const weight = (rows as string[][])[0]![0]!.toLowerCase();
  idsByWeight.set(weight, [...(idsByWeight.get(weight) ?? []), id]);
}
await connection.end();
/** Ids in a row are written as a range, or the file would be mostly numbers. */
function ranges(ids: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const id of ids) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else spans.push([id, id]);
  }
  return spans.map(([from, to]) => (from === to ? `[${from}]` : `[${from}, ${to}]`)).join(', ');
}
const lines = [...idsByWeight].map(([weight, ids]) => `  ['${weight}', ${ranges(ids)}],`);
const file = new URL('../src/mysql/space-weights.ts', import.meta.url);
const text = readFileSync(file, 'utf8');
writeFileSync(
  file,
  text.replace(
    /(const rows: readonly Row\[\] = \[\n).*?(\];\n)/s,
    (_all, head, tail) => `${head}${lines.join('\n')}\n${tail}`,
  ),
);
