/**
 * From file, environment and flags to one frozen configuration. All problems are reported together, each with the
 * place where the value stands: whoever starts the router should not have to start it once per mistake.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import { type ConfigKey, configGroups, configKeys } from './keys.ts';
import { type Config, configSchema } from './schema.ts';
import { suggestion } from './suggestion.ts';
import { checkTlsFiles } from './tls-files.ts';
import { readYamlFile } from './yaml-file.ts';

/** Where values come from; a flag wins over the environment, that over the file, that over the default. */
export type ConfigSources = Readonly<{
  /** Path of the YAML file; without it HEADGATE_CONFIG names one, or there is none. */
  file?: string | undefined;
  /** Given flags by key path (`listen.port`); see `flagValues`. Text is converted, other values are taken as they are. */
  flags?: Readonly<Record<string, unknown>> | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
}>;

type Given = Readonly<{ value: unknown; origin: string; folder: string }>;

type Draft = { readonly given: Map<string, Given>; readonly problems: string[] };

/** Environment variables of ours that are no keys. */
const CONFIG_FILE_ENV = 'HEADGATE_CONFIG';

/** The configuration in force, or HG_CONFIG with every problem found. */
export function loadConfig({ file, flags = {}, env = {} }: ConfigSources = {}): Config {
  const draft: Draft = { given: new Map(), problems: [] };
  const path = file ?? (env[CONFIG_FILE_ENV] || undefined);
  if (path !== undefined) takeFile(draft, path);
  takeEnvironment(draft, env);
  takeFlags(draft, flags);
  const values = checkedValues(draft);
  refuseIf(draft.problems);
  const config = configSchema.parse(values);
  checkTogether(draft, config);
  refuseIf(draft.problems);
  return deepFreeze(config);
}

function refuseIf(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const detail =
    problems.length === 1 ? problems[0]! : problems.map((problem) => `\n  - ${problem}`).join('');
  throw new HeadgateError('HG_CONFIG', { detail });
}

const groupPaths: ReadonlySet<string> = new Set(configGroups.map((group) => group.path));
const allPaths: readonly string[] = [...groupPaths, ...configKeys.keys()];

function takeFile({ given, problems }: Draft, file: string): void {
  const folder = dirname(resolve(file));
  for (const { path, line, isGroup, value } of readYamlFile(file, (candidate) => groupPaths.has(candidate))) {
    const place = `${file}, line ${line}`;
    if (configKeys.has(path)) {
      if (value === null) {
        problems.push(`${path} (${place}) has no value; allowed: ${configKeys.get(path)!.allowed}`);
      } else {
        given.set(path, { value, origin: place, folder });
      }
    } else if (!groupPaths.has(path)) {
      problems.push(`unknown key ${path} (${place})${suggestion(path, allPaths)}`);
    } else if (!isGroup && value !== null) {
      problems.push(`${path} (${place}) is a group: its keys belong on lines of their own below it`);
    }
  }
}

function takeEnvironment(
  { given, problems }: Draft,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const byName = new Map([...configKeys.values()].map((key) => [key.env, key]));
  const names = [...byName.keys()];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('HEADGATE_') || value === undefined || name === CONFIG_FILE_ENV) continue;
    const key = byName.get(name);
    if (key === undefined) {
      // Container platforms add variables named after a service (HEADGATE_PORT_3306_TCP): only near misses are ours.
      const meant = suggestion(name, names, 2);
      if (meant !== '') problems.push(`unknown environment variable ${name}${meant}`);
    } else if (value !== '') {
      given.set(key.path, {
        value: fromText(key, value),
        origin: `environment ${name}`,
        folder: process.cwd(),
      });
    }
  }
}

function takeFlags({ given, problems }: Draft, flags: Readonly<Record<string, unknown>>): void {
  for (const [path, value] of Object.entries(flags)) {
    const key = configKeys.get(path);
    if (key === undefined) {
      problems.push(`unknown key ${path}${suggestion(path, allPaths)}`);
    } else if (value !== undefined) {
      given.set(path, { value: fromText(key, value), origin: `flag ${key.flag}`, folder: process.cwd() });
    }
  }
}

/** Flags and environment carry text; what does not convert stays text and is refused by the schema with its own words. */
function fromText(key: ConfigKey, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (key.kind === 'integer') return /^-?[0-9]+$/.test(value.trim()) ? Number(value) : value;
  if (key.kind === 'list') return value.split(',').map((part) => part.trim());
  return value;
}

function checkedValues({ given, problems }: Draft): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [path, { value, origin, folder }] of given) {
    const key = configKeys.get(path)!;
    if (!key.schema.safeParse(value).success) {
      const shown = key.secret ? '(not shown)' : JSON.stringify(value);
      const quotes = key.kind === 'text' && typeof value === 'number' ? ' (write it in quotes)' : '';
      problems.push(`${path} (${origin}) is ${shown}; allowed: ${key.allowed}${quotes}`);
      continue;
    }
    put(values, path.split('.'), key.kind === 'path' ? resolve(folder, value as string) : value);
  }
  return values;
}

function put(into: Record<string, unknown>, [head, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[head!] = value;
  } else {
    into[head!] ??= {};
    put(into[head!] as Record<string, unknown>, rest, value);
  }
}

/** What no single key can say: files that must be there, keys that need or exclude each other. */
function checkTogether({ given, problems }: Draft, config: MutableConfig): void {
  const place = (path: string): string => {
    const origin = given.get(path)?.origin;
    return origin === undefined ? path : `${path} (${origin})`;
  };
  const read = (path: string, file: string): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch (cause) {
      problems.push(`${place(path)}: cannot read ${file}: ${messageOf(cause)}`);
      return undefined;
    }
  };
  const { gateway, listen } = config;
  if (listen.usersFile !== undefined) read('listen.usersFile', listen.usersFile);
  if (gateway.passwordFile !== undefined) {
    if (given.has('gateway.password')) {
      problems.push(
        `${place('gateway.password')} and ${place('gateway.passwordFile')}: give only one of them`,
      );
    } else {
      gateway.password = read('gateway.passwordFile', gateway.passwordFile)?.replace(/\r?\n$/, '') ?? '';
    }
  }
  checkTlsFiles(config, place, problems);
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly unknown[]
    ? T[K]
    : T[K] extends object
      ? Mutable<T[K]>
      : T[K];
};
type MutableConfig = Mutable<Config>;

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
