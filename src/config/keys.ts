/** The keys of the schema as a flat list, with the names that each has as flag and in the environment. */
import { z } from 'zod';
import { configSchema, type KeyKind, keyFacts } from './schema.ts';

/** One configuration key, as the command line, the messages and the documentation need it. */
export type ConfigKey = Readonly<{
  /** `listen.port` */
  path: string;
  /** `--listen-port` */
  flag: string;
  /** `listenPort`: the name under which commander keeps the flag's value. */
  attribute: string;
  /** `HEADGATE_LISTEN_PORT` */
  env: string;
  kind: KeyKind;
  default: unknown;
  description: string;
  /** Completes "allowed: …". */
  allowed: string;
  secret: boolean;
  schema: z.ZodType;
}>;

/** A group of keys: a section of the file. */
export type ConfigGroup = Readonly<{ path: string; description: string; keys: readonly ConfigKey[] }>;

const kebab = (path: string): string =>
  path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const camel = (kebabName: string): string =>
  kebabName.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

function describe(path: string, schema: z.ZodType): ConfigKey {
  const facts = keyFacts.get(schema);
  if (facts === undefined) throw new Error(`configuration key ${path} has no facts`);
  const name = kebab(path);
  return Object.freeze({
    path,
    flag: `--${name}`,
    attribute: camel(name),
    env: `HEADGATE_${name.replaceAll('-', '_').toUpperCase()}`,
    ...facts,
    default: schema.parse(undefined),
    description: schema.meta()?.description ?? '',
    schema,
  });
}

function collect(path: string, object: z.ZodObject, description: string, into: ConfigGroup[]): void {
  const keys: ConfigKey[] = [];
  const group = { path, description, keys };
  if (path !== '') into.push(group);
  for (const [name, schema] of Object.entries(object.shape)) {
    const childPath = path === '' ? name : `${path}.${name}`;
    if (schema instanceof z.ZodPrefault) {
      const inner = schema.unwrap();
      collect(childPath, inner as z.ZodObject, schema.meta()?.description ?? '', into);
    } else {
      keys.push(describe(childPath, schema as z.ZodType));
    }
  }
}

const groups: ConfigGroup[] = [];
collect('', configSchema, '', groups);

/** The groups in the order of the schema; a nested group follows the one that holds it. */
export const configGroups: readonly ConfigGroup[] = groups;

/** Every key by its path. */
export const configKeys: ReadonlyMap<string, ConfigKey> = new Map(
  groups.flatMap((group) => group.keys.map((key) => [key.path, key] as const)),
);

/** What the command line needs in order to offer every key as a flag. */
export type ConfigFlag = Pick<
  ConfigKey,
  'flag' | 'attribute' | 'path' | 'env' | 'description' | 'allowed' | 'default' | 'kind'
>;

/** Every key as a flag. Register with commander as `${flag} <value>`, without its default: absent means "not given". */
export const configFlags = (): readonly ConfigFlag[] => [...configKeys.values()];

/** Picks the configuration flags out of commander's options: the record that `loadConfig` takes. */
export function flagValues(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of configKeys.values()) {
    const value = options[key.attribute];
    if (value !== undefined) values[key.path] = value;
  }
  return values;
}
