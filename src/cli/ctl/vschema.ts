import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import { wantsJson, withStore } from './cluster-access.ts';
import { parseJsonText } from './json-text.ts';
import { answer } from './output.ts';
import { vschemaShapeProblems } from './vschema-shape.ts';

/** `path` is inside the VSchema; `line` and `column` are told where the text is no JSON. */
type Problem = Readonly<{ path: string; line?: number; column?: number; message: string }>;

export function registerVschema(ctl: Command): void {
  const group = ctl.command('vschema').description("apply, get, validate VSchemas (Vitess' JSON as it is)");
  group
    .command('apply <keyspace> <file>')
    .description('store a VSchema file (`-`: standard input) for a keyspace')
    .option(
      '--revision <n>',
      'only over the VSchema of this revision (0: only if there is none)',
      revisionNumber,
    )
    .action((keyspace: string, file: string, flags: { revision?: number }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { vschema, problems } = await load(file);
        if (problems.length > 0) throw new HeadgateError('HG_TOPOLOGY', { detail: listed(file, problems) });
        const outcome = await store.putVschema({ keyspace, vschema, expectedRevision: flags.revision });
        answer(json, { outcome, keyspace }, `VSchema of keyspace ${keyspace}: ${outcome}`);
      }),
    );
  group
    .command('get <keyspace>')
    .description("print a keyspace's VSchema; with --json also its revision")
    .action((keyspace: string, _flags, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { vschema, revision } = await store.getVschema(keyspace);
        if (vschema === undefined) {
          throw new HeadgateError('HG_TOPOLOGY', {
            detail: `keyspace \`${keyspace}\` has no VSchema; store one with headgate ctl vschema apply`,
          });
        }
        answer(json, { keyspace, revision, vschema }, JSON.stringify(vschema, null, 2));
      }),
    );
  group
    .command('validate <file>')
    .description('check a VSchema file (`-`: standard input) without a cluster')
    .action(async (file: string, _flags, command: Command) => {
      const { problems } = await load(file);
      const valid = problems.length === 0;
      answer(
        wantsJson(command),
        { valid, problems },
        valid ? `${nameOf(file)}: valid` : listed(file, problems),
      );
      if (!valid) process.exitCode = 1;
    });
}

async function load(file: string): Promise<{ vschema: unknown; problems: Problem[] }> {
  const parsed = parseJsonText(await readText(file));
  if ('problem' in parsed) return { vschema: undefined, problems: [{ path: '', ...parsed.problem }] };
  return { vschema: parsed.value, problems: vschemaShapeProblems(parsed.value) };
}

async function readText(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `cannot read ${nameOf(file)}: ${messageOf(cause)}`,
      cause,
    });
  }
}

const nameOf = (file: string): string => (file === '-' ? 'standard input' : file);

const listed = (file: string, problems: readonly Problem[]): string =>
  problems
    .map(({ path, line, column, message }) => {
      const at = line === undefined ? '' : `:${line}:${column}`;
      return `${nameOf(file)}${at}: ${path === '' ? '' : `${path} `}${message}`;
    })
    .join('\n');

function revisionNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}
