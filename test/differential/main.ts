/**
 * `npm run test:diff -- --seed 7 --cases 5000 --shards 1,2,4`: generated cases on one MySQL and on clusters of so many
 * shards, with `--whole` such of any construct in any place, with `--wide` of what these have seldom; `--case 12` plays that one alone, `--chosen` the chosen cases, `--gaps` the gap list (with `--update` it is written
 * anew which of them are refused). `--shrink` makes what differs as short as it gets. Ends with 1 when an answer differs.
 * `--verbatim` selects the only shard of one by its name, which plans nothing: what differs then is the tester's fault.
 */
import { parseArgs } from 'node:util';
import type { Case } from './case.ts';
import { chosenCases } from './cases/index.ts';
import { SHARDED } from './definitions.ts';
import { gapCases } from './gaps/index.ts';
import { refusedOf, writeRefused } from './gaps/refused.ts';
import { generateCases, generateWholeCases, generateWideCases } from './generate/generator.ts';
import { Player } from './play.ts';
import { type Found, oneLine, Report } from './report.ts';
import { type CaseResult, Comparison } from './run.ts';
import { shrink } from './shrink.ts';
import { type Cluster, Stage } from './stage.ts';

const SHOWN_MAX = 400;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '2000' },
    case: { type: 'string' },
    first: { type: 'string', default: '0' },
    shards: { type: 'string', default: '1,2,4' },
    chosen: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
    wide: { type: 'boolean', default: false },
    gaps: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    verbatim: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
  },
});
const whole = (name: string, text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} wants a whole number, not ${text}`);
  return number;
};
const seed = whole('seed', values.seed);
const first = whole('first', values.case ?? values.first);
const count = values.case === undefined ? whole('cases', values.cases) : 1;
const shardCounts = values.verbatim ? [1] : values.shards.split(',').map((each) => whole('shards', each));

const stage = await Stage.set(shardCounts);
const comparison = new Comparison(stage, values.verbatim ? `${SHARDED}:-` : SHARDED);
const report = new Report();
try {
  const cases = casesToPlay();
  const results: CaseResult[] = [];
  const startedAtMs = Date.now();
  await comparison.play(cases, (result) => {
    report.add(result);
    if (values.update) results.push(result);
  });
  if (values.gaps && values.update) writeRefused(refusedOf(results));
  console.log(report.summary());
  console.log(`\nplayed in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s, seed ${seed}`);
  for (const { case: unstable, unstable: why } of report.unstable)
    console.log(`\nNOT DETERMINISTIC ${unstable.name} (${unstable.topic}): ${why}`);
  const shown = values.all ? report.found : oneOfEach(report.found).slice(0, SHOWN_MAX);
  for (const found of shown) {
    console.log(await explain(found, stage.clusters));
    if (!values.shrink || found.result.case.writes) continue;
    const short = await shrink(comparison, found.result.case, found.what, found.shards);
    console.log(`  shortest: ${oneLine(short.statements.at(-1)!.sql)}`);
  }
  if (stage.troubles.length > 0) console.log(stage.troubles.join('\n'));
} finally {
  comparison.close();
  await stage.stop();
}
const clean = report.found.length === 0 && report.unstable.length === 0 && stage.troubles.length === 0;
process.exitCode = clean ? 0 : 1;

function casesToPlay(): Iterable<Case> {
  if (values.gaps) return gapCases();
  if (values.chosen) return chosenCases();
  if (values.wide) return generateWideCases(seed, first, count);
  return values.whole ? generateWholeCases(seed, first, count) : generateCases(seed, first, count);
}

/** The shortest example for each kind of difference. */
function oneOfEach(found: readonly Found[]): Found[] {
  const kinds = new Map<string, Found>();
  const size = ({ result }: Found): number =>
    result.case.statements.reduce((sum, { sql }) => sum + sql.length, 0);
  for (const each of found) {
    const kind = `${each.result.case.topic} ${each.what.replace(/\d+|"[^"]*"|\([^)]*\)/g, '')}`;
    const known = kinds.get(kind);
    if (!known || size(each) < size(known)) kinds.set(kind, each);
  }
  return [...kinds.values()].sort((a, b) => size(a) - size(b));
}

async function explain(
  { result, shards, statement, what }: Found,
  clusters: readonly Cluster[],
): Promise<string> {
  const { name, topic, statements, login } = result.case;
  const again = name.includes('/')
    ? `  (--seed ${name.replace('/', ' --case ')}${values.whole ? ' --whole' : ''}${values.wide ? ' --wide' : ''})`
    : '';
  const lines = statements
    .slice(0, statement + 1)
    .map(
      ({ sql, parameters }, at) =>
        `  ${at === statement ? '>' : ' '} ${oneLine(sql)}${parameters ? `   [${parameters.map(({ bytes, type }) => `${type}:${bytes?.toString('latin1') ?? 'NULL'}`).join(', ')}]` : ''}`,
    );
  const decided = statements[statement];
  const cluster = clusters.find((each) => each.shards === shards);
  const plan = decided && cluster ? await planOf(cluster, decided.sql, result.case.database) : undefined;
  return [
    `\nDIFFERENT on ${shards} shards: ${topic} ${name}${again}`,
    ...(login ? [`  logged in with ${JSON.stringify(login)}`] : []),
    ...lines,
    `  ${what}`,
    ...(plan ? [`  plan: ${plan}`] : []),
  ].join('\n');
}

async function planOf(cluster: Cluster, sql: string, database?: string): Promise<string | undefined> {
  const player = new Player(cluster.endpoint, database);
  try {
    const rows = await player.rows(`EXPLAIN FORMAT=HEADGATE ${sql}`);
    return rows.map((row) => row.join(' | ')).join('\n    ');
  } catch {
    return undefined;
  } finally {
    player.close();
  }
}
