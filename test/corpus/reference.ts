/** What MySQL says about a statement's syntax. Nothing is executed: statements are prepared and thrown away. */
import { readError } from '../support/decode-parts.ts';
import type { Mysqld } from '../support/mysqld.ts';
import { RawClient } from '../support/raw-client.ts';

/** `undecided`: refused while the text was still being read, for a reason that is not its grammar. */
export type Verdict = 'accepted' | 'refused' | 'undecided';

export type Reference = Readonly<{ verdict: Verdict; errno: number }>;

/** ER_PARSE_ERROR, ER_SYNTAX_ERROR, ER_EMPTY_QUERY. */
const syntaxErrors = new Set([1064, 1149, 1065]);

/**
 * Errors of the parser's own actions: behind such an error the rest of the text was not looked at. Names of character
 * sets, collations and engines, lengths of names and numbers, clauses that do not go together, nesting.
 */
const earlyErrors = new Set([
  1044, 1059, 1583, 1074, 1102, 1103, 1115, 1166, 1210, 1221, 1235, 1248, 1253, 1273, 1286, 1300, 1302, 1313,
  1314, 1324, 1327, 1330, 1331, 1332, 1333, 1336, 1337, 1338, 1367, 1407, 1413, 1425, 1426, 1427, 1436, 1439,
  1470, 1481, 1488, 1491, 1492, 1493, 1495, 1499, 1500, 1502, 1503, 1504, 1506, 1512, 1513, 1525, 1564, 1567,
  1651, 1691, 1697, 1722, 3554, 3568, 3579, 3619, 3654,
]);

const DATABASE = 'corpus';

/** The server's own `sql_mode` unless one is given. */
export type AskOptions = Readonly<{ connections?: number; sqlMode?: string }>;

/** Asks about all statements over a few connections; the answers come in the statements' order. */
export async function askMysql(
  server: Mysqld,
  statements: readonly Buffer[],
  { connections = 2, sqlMode }: AskOptions = {},
): Promise<Reference[]> {
  const answers = new Array<Reference>(statements.length);
  let next = 0;
  const work = async (): Promise<void> => {
    // A default database, else the parser stops at the first table.
    const client = await RawClient.connect(server.endpoint, { database: DATABASE, timeoutMs: 120_000 });
    if (sqlMode !== undefined) await client.query(`SET sql_mode = '${sqlMode}'`);
    for (let index = next++; index < statements.length; index = next++) {
      answers[index] = await ask(client, statements[index]!);
    }
    client.destroy();
  };
  await Promise.all(Array.from({ length: connections }, work));
  return answers;
}

/** The database that the server must have. */
export const corpusDatabase = DATABASE;

async function ask(client: RawClient, statement: Buffer): Promise<Reference> {
  const { answer, id } = await client.prepare(statement);
  const first = answer.packets[0]?.payload;
  if (first === undefined) throw new Error(`no answer to: ${statement.toString('latin1', 0, 200)}`);
  if (first[0] !== 0xff) {
    client.closeStatement(id);
    return { verdict: 'accepted', errno: 0 };
  }
  const { errno } = readError(first);
  if (syntaxErrors.has(errno)) return { verdict: 'refused', errno };
  return { verdict: earlyErrors.has(errno) ? 'undecided' : 'accepted', errno };
}

/** The server's version as in version comments: 90704 for 9.7.4. */
export async function versionOf(server: Mysqld): Promise<number> {
  const client = await RawClient.connect(server.endpoint);
  const [major, minor, patch] = client.greeting.serverVersion.split(/[.-]/).map(Number);
  client.destroy();
  return major! * 10_000 + minor! * 100 + patch!;
}
