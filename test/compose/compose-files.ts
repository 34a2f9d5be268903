/** What the files of the compose project say, read as Docker would read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Service = Readonly<{
  image: string;
  command?: readonly string[];
  ports?: readonly string[];
  networks?: readonly string[];
  volumes?: readonly string[];
  secrets?: readonly string[];
  depends_on?: Readonly<Record<string, { condition: string }>>;
  restart: string;
  healthcheck?: Readonly<{ test: readonly string[] }>;
}>;

export type Compose = Readonly<{
  services: Readonly<Record<string, Service>>;
  networks: Readonly<Record<string, { internal?: boolean; ipam?: { config: { subnet: string }[] } }>>;
  volumes: Readonly<Record<string, unknown>>;
  secrets: Readonly<Record<string, { environment: string }>>;
  configs: Readonly<Record<string, { content: string }>>;
}>;

const root = join(import.meta.dirname, '../..');

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

export const pathOf = (file: string): string => join(root, file);

export const compose = parse(textOf('docker-compose.yml'), { merge: true }) as Compose;

export const initialiserArgs = compose.services.initialise?.command ?? [];

/** The values of a flag of the initialiser. */
export const argsOf = (flag: string): string[] =>
  initialiserArgs.filter((arg) => arg.startsWith(`${flag}=`)).map((arg) => arg.slice(flag.length + 1));

/** The flags that mysqld gets, from its file and from the command of its service. */
export function mysqldFlags(service: string): string[] {
  const lines = (compose.configs.tablet?.content ?? '').split('\n');
  const options = lines.filter((line) => /^[a-z]/.test(line)).map((line) => `--${line}`);
  return [...options, ...(compose.services[service]?.command ?? [])];
}

/** The variables of `.env`. */
export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  textOf('.env')
    .split('\n')
    .flatMap((line) => {
      const match = /^([A-Z_]+)=(.*)$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!]];
    }),
);
