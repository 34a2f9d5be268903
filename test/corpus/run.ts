/**
 * `npm run test:corpus`: the parser over the statements of MySQL's own test suite, with MySQL as the judge of what is
 * syntax. Nothing of the corpus is executed. Options: --failures N prints N gaps per kind, --leniences N what we
 * accept and MySQL does not, --unstable N texts that change when printed again, --sql-mode M another sql_mode,
 * --without-second-opinion is faster.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { type CorpusKind, corpusKinds, kindOf } from './kinds.ts';
import { corpusMode, type Measured, measure, type Outcome, outcomeOf, secondOpinion } from './measure.ts';
import { extractStatements } from './mysqltest.ts';
import { type AskOptions, askMysql, corpusDatabase, type Reference, versionOf } from './reference.ts';

/** Share of SELECT and DML that MySQL accepts and we must accept, too. */
const ACCEPTED_MIN = 0.9999;
/** Longer texts are data, and the second opinion takes minutes for one of them. */
const SECOND_OPINION_BYTES_MAX = 4_000;
const SECOND_OPINION_EVERY = 10;

const root = resolve(import.meta.dirname, '../..');
const suite = join(root, '.headgate/mysql-testsuite');
const results = join(root, '.headgate/corpus');

type Statement = Readonly<{ text: Buffer; kind: CorpusKind }>;
type Case = Statement &
  Readonly<{
    measured: Measured;
    reference: Reference;
    outcome: Outcome;
  }>;

const { values: options } = parseArgs({
  options: {
    failures: { type: 'string', default: '0' },
    leniences: { type: 'string', default: '0' },
    unstable: { type: 'string', default: '0' },
    'sql-mode': { type: 'string', default: '' },
    'without-second-opinion': { type: 'boolean', default: false },
  },
});

const asking: AskOptions = { sqlMode: options['sql-mode'] || undefined };

function readCorpus(serverVersion: number): Statement[] {
  const distinct = new Set<string>();
  for (const name of readdirSync(suite, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(?:test|inc)$/.test(name)) continue;
    // Bytes as they are: the scripts are in many character sets.
    for (const statement of extractStatements(readFileSync(join(suite, name), 'latin1')))
      distinct.add(statement);
  }
  return [...distinct]
    .map((statement) => Buffer.from(statement, 'latin1'))
    .map((text) => ({ text, kind: kindOf(text, corpusMode(serverVersion, options['sql-mode'])) }))
    .flatMap(({ text, kind }) => (kind === 'empty' ? [] : { text, kind }));
}

function makeCases(
  statements: readonly Statement[],
  references: readonly Reference[],
  serverVersion: number,
): Case[] {
  const mode = corpusMode(serverVersion, options['sql-mode']);
  return statements.map(({ text, kind }, index) => {
    const measured = measure(text, mode);
    const reference = references[index]!;
    return { text, kind, measured, reference, outcome: outcomeOf(measured, reference) };
  });
}

/** Cases whose printed text MySQL answers in another way than the original. */
async function findChanged(server: Mysqld, cases: readonly Case[]): Promise<ReadonlySet<Case>> {
  const accepted = cases.filter(
    ({ outcome, reference }) => outcome === 'accepted' && reference.verdict === 'accepted',
  );
  const answers = await askMysql(
    server,
    accepted.map(({ measured }) => measured.printed!),
    asking,
  );
  const changed = new Set<Case>();
  for (const [index, each] of accepted.entries()) {
    if (answers[index]!.errno === each.reference.errno) continue;
    // User variables that earlier statements brought to that connection matter: both are asked again on new ones.
    const [original] = await askMysql(server, [each.text], asking);
    const [printed] = await askMysql(server, [each.measured.printed!], asking);
    if (original!.errno !== printed!.errno) changed.add(each);
  }
  return changed;
}

function countRow(name: string, cases: readonly Case[]): Readonly<Record<string, string | number>> {
  const count = (outcome: Outcome): number => cases.filter((each) => each.outcome === outcome).length;
  const printed = cases.filter(({ measured, outcome }) => measured.accepted && outcome === 'accepted');
  const fixed = printed.filter(({ measured }) => measured.isFixed).length;
  return {
    kind: name,
    statements: cases.length,
    accepted: count('accepted'),
    refused: count('refused'),
    gaps: count('gap'),
    leniences: count('lenience'),
    undecided: count('undecided'),
    'accepted %': percent(acceptedShare(cases)),
    misplaced: cases.filter(({ measured }) => measured.misplaced.length > 0).length,
    'fixed point %': percent(printed.length === 0 ? 1 : fixed / printed.length),
    'same to MySQL %': percent(sameShare(cases)),
    'node-sql-parser %': options['without-second-opinion'] ? '' : percent(secondShare(cases)),
  };
}

/** Of what MySQL accepts. */
function acceptedShare(cases: readonly Case[]): number {
  const both = cases.filter(({ outcome }) => outcome === 'accepted').length;
  const gaps = cases.filter(({ outcome }) => outcome === 'gap').length;
  return both + gaps === 0 ? 1 : both / (both + gaps);
}

/** Of what both accept. */
function sameShare(cases: readonly Case[]): number {
  const accepted = cases.filter(
    ({ outcome, reference }) => outcome === 'accepted' && reference.verdict === 'accepted',
  );
  return accepted.length === 0
    ? 1
    : 1 - accepted.filter((each) => changed.has(each)).length / accepted.length;
}

/** A sample: the other parser is slow. */
function secondShare(cases: readonly Case[]): number {
  const sample = cases
    .filter(
      ({ reference, text }) => reference.verdict === 'accepted' && text.length <= SECOND_OPINION_BYTES_MAX,
    )
    .filter((_, index) => index % SECOND_OPINION_EVERY === 0);
  return sample.length === 0 ? 1 : sample.filter(({ text }) => secondOpinion(text)).length / sample.length;
}

/** Rounded down, so that 100 means all. */
const percent = (share: number): string => (Math.floor(share * 100_000) / 1_000).toFixed(3);

function show(title: string, wanted: number, cases: readonly Case[]): void {
  for (const kind of corpusKinds) {
    const all = cases.filter((each) => each.kind === kind);
    const step = Math.max(1, Math.floor(all.length / Math.max(1, wanted)));
    for (const { text, measured, reference } of all
      .filter((_, index) => index % step === 0)
      .slice(0, wanted)) {
      const start = text.toString('latin1').replace(/\s+/g, ' ').slice(0, 400);
      console.log(`${title} ${kind} (MySQL: ${reference.errno}, ours: ${measured.message}): ${start}`);
    }
  }
}

execFileSync('bash', [join(root, 'scripts/mysql-testsuite.sh')], { stdio: 'inherit' });
const server = await startMysqld({ databases: [corpusDatabase] });
let cases: Case[];
let changed: ReadonlySet<Case>;
try {
  const serverVersion = await versionOf(server);
  const statements = readCorpus(serverVersion);
  const references = await askMysql(
    server,
    statements.map(({ text }) => text),
    asking,
  );
  cases = makeCases(statements, references, serverVersion);
  changed = await findChanged(server, cases);
} finally {
  await server.stop();
}

const rows = corpusKinds.map((kind) =>
  countRow(
    kind,
    cases.filter((each) => each.kind === kind),
  ),
);
const queries = cases.filter(({ kind }) => kind === 'select' || kind === 'dml');
rows.push(countRow('select + dml', queries), countRow('all', cases));
console.table(rows);
show(
  'gap',
  Number(options.failures),
  cases.filter(({ outcome }) => outcome === 'gap'),
);
show(
  'lenience',
  Number(options.leniences),
  cases.filter(({ outcome }) => outcome === 'lenience'),
);
show(
  'unstable',
  Number(options.unstable),
  cases.filter(({ measured, outcome }) => outcome === 'accepted' && measured.isFixed === false),
);
show('changed', Number(options.unstable), [...changed]);
mkdirSync(results, { recursive: true });
writeFileSync(
  join(results, 'result.json'),
  JSON.stringify(
    { suite: readFileSync(join(suite, 'versions'), 'utf8').trim().split('\n').at(-1), rows },
    null,
    2,
  ),
);
const share = acceptedShare(queries);
if (share < ACCEPTED_MIN) {
  console.error(
    `accepted ${percent(share)} % of SELECT and DML, at least ${percent(ACCEPTED_MIN)} % are demanded`,
  );
  process.exitCode = 1;
}
