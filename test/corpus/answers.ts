/**
 * `npm run test:answers -- group_by join`: scripts of MySQL's own test suite on one MySQL and on a cluster. The reference
 * runs them; tables that they make are copied into a sharded keyspace, and every SELECT goes to both. Words are parts of
 * scripts' names, none means a choice of some hundred. `--shards 4` (2), `--prepared`: SELECTs in the binary protocol, `--spread`: tables over
 * two keyspaces, `--show 20`: how many differences (and refusals, with `--refused`) are printed, `--script union,join`: these and no others; `--script group_by --statement 57`: that one alone, with both answers;
 * `--file my.test`: a script of one's own, with both answers to everything.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { PlayedStatement } from '../differential/play.ts';
import { rowTexts } from '../support/decode.ts';
import { RawClient } from '../support/raw-client.ts';
import { chosenScripts } from './answers/chosen.ts';
import { TableCopies } from './answers/copies.ts';
import { playScript } from './answers/interpreter.ts';
import { type Judged, ScriptSession } from './answers/session.ts';
import { type AnswersStage, setStage } from './answers/stage.ts';
import { askRows } from './answers/tables.ts';

const root = resolve(import.meta.dirname, '../..');
const suite = join(root, '.headgate/mysql-testsuite/usr/lib/mysql-test');
const results = join(root, '.headgate/corpus');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shards: { type: 'string', default: '2' },
    prepared: { type: 'boolean', default: false },
    spread: { type: 'boolean', default: false },
    show: { type: 'string', default: '40' },
    refused: { type: 'boolean', default: false },
    script: { type: 'string' },
    file: { type: 'string' },
    statement: { type: 'string' },
    selects: { type: 'string', default: '1500' },
    out: { type: 'string', default: join(results, 'answers.json') },
  },
});

type Counts = { equal: number; refused: number; differs: number; undetermined: number; skipped: number };
type Found = Readonly<{ script: string; judged: Judged }>;

const found: Found[] = [];
const shownKinds: readonly string[] = values.refused ? ['differs', 'refused'] : ['differs'];
const perScript = new Map<string, Counts>();

execFileSync('bash', [join(root, 'scripts/mysql-testsuite.sh')], { stdio: 'inherit' });
const stage = await setStage(Number(values.shards));
try {
  for (const file of scriptsToPlay()) await play(stage, file);
  report();
} finally {
  await stage.stop();
}

function scriptsToPlay(): string[] {
  if (values.file) return [resolve(values.file)];
  const all = [
    't',
    'suite/json/t',
    'suite/gcol/t',
    'suite/gis/t',
    'suite/innodb_gis/t',
    'suite/innodb_fts/t',
  ].flatMap((folder) =>
    readdirSync(join(suite, folder))
      .filter((name) => name.endsWith('.test'))
      .sort()
      .map((name) => join(suite, folder, name)),
  );
  const name = (file: string): string => basename(file, '.test');
  const exact = values.script?.split(',');
  if (exact) return all.filter((file) => exact.includes(name(file)));
  if (positionals.length > 0)
    return all.filter((file) => positionals.some((word) => name(file).includes(word)));
  return all.filter((file) => chosenScripts.test(name(file)) || !file.startsWith(join(suite, 't')));
}

async function play(servers: AnswersStage, file: string): Promise<void> {
  const script = basename(file, '.test');
  const counts: Counts = { equal: 0, refused: 0, differs: 0, undetermined: 0, skipped: 0 };
  perScript.set(script, counts);
  const startedAtMs = Date.now();
  const only = values.statement === undefined ? undefined : Number(values.statement);
  const copies = await TableCopies.open(servers, values.spread);
  try {
    await copies.reset();
    const options = { prepared: values.prepared, only, selectsMax: Number(values.selects) };
    const shown: Judged[] = [];
    const session = await ScriptSession.open(servers, copies, options, (judged) => {
      counts[judged.verdict.kind] += 1;
      if (values.file || only === judged.number) shown.push(judged);
      if (judged.verdict.kind === 'equal') return;
      found.push({ script, judged });
      if (shownKinds.includes(judged.verdict.kind) && found.length < Number(values.show))
        console.log(`\n${headOf(script, judged)}`);
    });
    try {
      await playScript(file, suite, session);
      if (session.over) console.log(`${script} was given up: ${session.over}`);
      for (const judged of shown) await showWhole(servers, judged);
    } finally {
      session.close();
    }
  } catch (error) {
    console.log(`${script}: ${(error as Error).stack}`);
  } finally {
    copies.close();
  }
  const { equal, refused, differs, undetermined, skipped } = counts;
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0);
  console.log(
    `${script.padEnd(40)} ${equal} equal, ${refused} refused, ${differs} different, ${undetermined} undetermined, ${skipped} skipped (${seconds} s)`,
  );
}

function report(): void {
  const sum = (kind: keyof Counts): number =>
    [...perScript.values()].reduce((all, counts) => all + counts[kind], 0);
  console.log(
    `\n${perScript.size} scripts: ${sum('equal')} equal, ${sum('refused')} refused, ${sum('differs')} different, ${sum('undetermined')} undetermined, ${sum('skipped')} skipped`,
  );
  const reasons = new Map<string, number>();
  for (const { judged } of found) {
    if (judged.verdict.kind !== 'refused') continue;
    const reason = `${judged.verdict.code}: ${judged.verdict.message.replace(/`[^`]*`|'[^']*'|\d+/g, '…')}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(7)}  ${reason}`);
  mkdirSync(results, { recursive: true });
  const lines = found.map(({ script, judged: { number, line, sql, verdict } }) => ({
    script,
    number,
    line,
    verdict,
    sql,
  }));
  writeFileSync(
    values.out,
    JSON.stringify({ scripts: Object.fromEntries(perScript), found: lines }, null, 1),
  );
}

function headOf(script: string, { number, line, sql, verdict }: Judged): string {
  return `${verdict.kind.toUpperCase()} --script ${script} --statement ${number} (line ${line})\n  ${sql.replace(/\s+/g, ' ').slice(0, 1500)}\n  ${verdict.kind === 'refused' ? verdict.message : verdict.kind === 'equal' ? '' : verdict.what}`;
}

async function showWhole(servers: AnswersStage, { sql, left, right, verdict }: Judged): Promise<void> {
  console.log(sql, '\n', verdict);
  const client = await RawClient.connect(servers.router, { database: 'test' });
  try {
    for (const row of await askRows(client, `EXPLAIN FORMAT=HEADGATE ${sql}`)) console.log(row.join(' | '));
  } catch (error) {
    console.log(String(error));
  }
  client.destroy();
  console.log('reference:', summaryOf(left), '\nheadgate:', summaryOf(right));
}

function summaryOf(played: PlayedStatement | undefined): unknown {
  return (
    played && {
      columns: played.columns.map(
        ({ schema, table, orgTable, name, orgName, type, length, flags, decimals, charset }) =>
          [schema, table, orgTable, name, orgName, type, length, flags, decimals, charset].join(' '),
      ),
      rows: played.rows.slice(0, 40).map((row) => JSON.stringify(rowTexts(row))),
      error: played.error,
      warnings: played.warnings.map((row) => row.join(' ')),
      prepared: played.prepared?.counts,
    }
  );
}
