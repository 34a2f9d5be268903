/** `docs/configuration.md` and its JSON schema, written from the schema. Pure: `scripts/generate-docs.ts` writes the files. */
import { z } from 'zod';
import { type ConfigGroup, type ConfigKey, configGroups } from './keys.ts';
import { configSchema } from './schema.ts';

const HEAD = `# Configuration

<!-- Written by \`npm run docs\` from src/config/schema.ts. -->

Headgate reads one YAML file (\`headgate serve --config FILE\`, or the environment variable \`HEADGATE_CONFIG\`). Every key can
also be given as a flag or as an environment variable. A flag wins over the environment, the environment over the file, the
file over the default; an empty environment variable counts as not set. Nothing is required: without a file Headgate
listens on 127.0.0.1 and looks for etcd on this machine.

Unknown keys and wrong values are refused at the start, all of them in one message, each with its line. Units stand in the
names: \`Ms\` are milliseconds, \`Bytes\` bytes. Relative paths belong to the folder of the file (as flag or environment
variable: to the current folder). Lists are comma separated where they are given as text.
[\`configuration.schema.json\`](configuration.schema.json) describes the file for editors: put
\`# yaml-language-server: $schema=…\` on its first line.
`;

const EXAMPLE = `## Example

\`\`\`yaml
listen:
  host: 0.0.0.0
  port: 3306
  usersFile: users.yaml
  tls:
    mode: optional
    certFile: tls/server.crt
    keyFile: tls/server.key
topology:
  etcd: [10.0.0.1:2379, 10.0.0.2:2379, 10.0.0.3:2379]
  prefix: /headgate
gateway:
  user: headgate
  passwordFile: tablet-password
  cell: zone1
pool:
  connectionsMax: 128
log:
  format: json
  slowQueryMs: 500
\`\`\`

The same port as a flag: \`headgate serve --listen-port 3306\`; as a variable: \`HEADGATE_LISTEN_PORT=3306\`.
`;

/** The YAML of the page's example; a test loads it. */
export const exampleYaml: string = EXAMPLE.slice(
  EXAMPLE.indexOf('```yaml\n') + 8,
  EXAMPLE.lastIndexOf('```'),
);

/** The whole of `docs/configuration.md`. */
export function configurationPage(): string {
  return [HEAD, EXAMPLE, ...configGroups.map(section)].join('\n');
}

/** The whole of `docs/configuration.schema.json`. */
export function configurationJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ ...schema, title: 'Headgate configuration' }, null, 2)}\n`;
}

function section({ path, description, keys }: ConfigGroup): string {
  const rows = keys.map(row).join('\n');
  return `## ${path}

${description}

| key | meaning | default | allowed | flag, environment |
|---|---|---|---|---|
${rows}
`;
}

function row(key: ConfigKey): string {
  const name = key.path.slice(key.path.lastIndexOf('.') + 1);
  const allowed = key.allowed.replace('a whole number from ', '');
  const columns = [
    `\`${name}\``,
    key.description,
    shownDefault(key),
    allowed,
    `\`${key.flag}\` <br> \`${key.env}\``,
  ];
  return `| ${columns.map(cell).join(' | ')} |`;
}

function shownDefault({ default: value }: ConfigKey): string {
  if (value === undefined) return 'none';
  if (value === '') return 'empty';
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
