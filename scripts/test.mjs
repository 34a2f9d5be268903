// `npm test`: the same set-up as `npm start`, then every check: types, lint, unit tests, tests with real servers.
// Its last line is `N passed, N failed`. With arguments it runs only vitest, with them: npm test -- src/sql
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { relay } from '../bin/node-version.mjs';
import { prepare, root } from './prepare.mjs';

const node = await prepare();
const arguments_ = process.argv.slice(2);
const servers = join(root, '.headgate/servers/bin');
// The tests compare with exactly these servers, whatever else the machine has.
const env = {
  ...process.env,
  PATH: [servers, dirname(node), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
};
const run = (program, args) => relay(program, args, { cwd: root, env });

if ((await run('bash', [join(root, 'scripts/servers.sh')])) !== 0) process.exit(1);
// A client that cannot be installed is missed by its tests, which say so.
await run('bash', [join(root, 'scripts/clients.sh'), 'npm']);
const checks =
  arguments_.length > 0
    ? []
    : [
        ['types', 'tsc', []],
        ['lint', 'biome', ['check', '.']],
      ];
let passed = 0;
let failed = 0;
for (const [name, program, args] of checks) {
  const ok = (await run(join(root, 'node_modules/.bin', program), args)) === 0;
  console.log(`${name}: ${ok ? 'ok' : 'FAILED'}`);
  if (ok) passed += 1;
  else failed += 1;
}

const report = mkdtempSync(join(tmpdir(), 'headgate-report-'));
const reportFile = join(report, 'vitest.json');
const code = await run(node, [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...arguments_,
]);
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(reportFile, 'utf8'));
  // A file that cannot even be loaded has no failed test, yet it has failed.
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
  );
  passed += numPassedTests;
  failed += numFailedTests + broken.length;
  if (code !== 0 && failed === 0) failed = 1;
} catch {
  failed += 1;
}
rmSync(report, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
