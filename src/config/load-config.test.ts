import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HeadgateError } from '../errors/headgate-error.ts';
import { configFlags, configKeys, flagValues } from './keys.ts';
import { type ConfigSources, loadConfig } from './load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(text: string): string {
  const path = join(folder, `${++files}.yaml`);
  writeFileSync(path, text);
  return path;
}

function problemOf(sources: ConfigSources): string {
  try {
    loadConfig(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadgateError);
    expect((error as HeadgateError).code).toBe('HG_CONFIG');
    return (error as HeadgateError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('sources', () => {
  test('without any source every key has its default, and the object is frozen in depth', () => {
    const config = loadConfig();
    expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 3306, tls: { mode: 'off' } });
    expect(config.topology.etcd).toEqual(['127.0.0.1:2379']);
    expect(Object.isFrozen(config.listen.tls)).toBe(true);
    expect(Object.isFrozen(config.topology.etcd)).toBe(true);
  });

  test('flag over environment over file over default', () => {
    const path = file('listen: {port: 1}\nadmin: {port: 1}\npool: {waitMsMax: 1}\n');
    const env = { HEADGATE_LISTEN_PORT: '2', HEADGATE_ADMIN_PORT: '2' };
    const config = loadConfig({ file: path, env, flags: { 'listen.port': '3' } });
    expect([
      config.listen.port,
      config.admin.port,
      config.pool.waitMsMax,
      config.pool.connectionsMax,
    ]).toEqual([3, 2, 1, 256]);
  });

  test('HEADGATE_CONFIG names the file, an empty variable counts as not set', () => {
    const config = loadConfig({
      env: { HEADGATE_CONFIG: file('listen: {port: 5}'), HEADGATE_LISTEN_PORT: '' },
    });
    expect(config.listen.port).toBe(5);
  });

  test('a list as text is split at commas', () => {
    expect(loadConfig({ flags: { 'topology.etcd': 'a:1, [::1]:2' } }).topology.etcd).toEqual([
      'a:1',
      '[::1]:2',
    ]);
  });

  test('an empty file and empty groups are fine', () => {
    expect(loadConfig({ file: file('') })).toEqual(loadConfig());
    expect(loadConfig({ file: file('# nothing\nlisten:\n  tls:\npool:\n') })).toEqual(loadConfig());
  });

  test('relative paths belong to the folder of the file', () => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'users.yaml'), '');
    const path = join(folder, 'sub', 'headgate.yaml');
    writeFileSync(path, 'listen: {usersFile: users.yaml}');
    expect(loadConfig({ file: path }).listen.usersFile).toBe(join(folder, 'sub', 'users.yaml'));
  });

  test('the password comes from its file, without the newline', () => {
    writeFileSync(join(folder, 'secret'), ' p w \n');
    expect(loadConfig({ flags: { 'gateway.passwordFile': join(folder, 'secret') } }).gateway.password).toBe(
      ' p w ',
    );
  });
});

describe('refusals', () => {
  const cases: [what: string, yaml: string, message: RegExp][] = [
    [
      'misspelt key',
      'listen:\n  prot: 1',
      /unknown key listen\.prot \(.*, line 2\); did you mean listen\.port\?/,
    ],
    ['misspelt group', '\n\nlistne: {}', /unknown key listne \(.*, line 3\); did you mean listen\?/],
    ['other spelling', 'pool:\n  connections_max: 1', /did you mean pool\.connectionsMax\?/],
    ['right name, wrong group', 'serverVersion: "8"', /did you mean listen\.serverVersion\?/],
    ['nothing near', 'zebra: 1', /unknown key zebra \(.*, line 1\)$/],
    [
      'wrong kind',
      'listen:\n  port: abc',
      /listen\.port \(.*, line 2\) is "abc"; allowed: a whole number from 0 to 65535/,
    ],
    ['out of range', 'listen:\n  port: 70000', /is 70000; allowed/],
    ['fraction', 'listen:\n  port: 3.5', /is 3.5; allowed/],
    [
      'choice',
      'listen:\n  tls:\n    mode: yes',
      /listen\.tls\.mode \(.*, line 3\) is "yes"; allowed: off, optional, required/,
    ],
    ['number for text', 'listen:\n  serverVersion: 8.4', /is 8.4; allowed: .*quotes/],
    ['no value', 'listen:\n  port:', /listen\.port \(.*, line 2\) has no value/],
    ['value for a group', 'listen: 3', /listen \(.*, line 1\) is a group/],
    ['map for a key', 'listen:\n  port: {a: 1}', /listen\.port .* is \{"a":1\}; allowed/],
    ['twice', 'listen:\n  port: 1\n  port: 2', /line 3 is not valid YAML/],
    ['no map', '- 1', /must hold groups of keys/],
    ['bad syntax', 'listen: {', /line 1 is not valid YAML/],
    ['unknown alias', 'listen:\n  port: *x', /line 2 is not valid YAML: Unresolved alias/],
    ['two documents', 'listen: {}\n---\nadmin: {}', /line 2 is not valid YAML/],
    ['text for a list', 'topology: {etcd: "a:1"}', /topology\.etcd .* is "a:1"; allowed: a list of/],
    ['prototype', '__proto__: {port: 1}', /unknown key __proto__/],
  ];
  test.each(cases)('%s', (_what, yaml, message) => {
    expect(problemOf({ file: file(yaml) })).toMatch(message);
  });

  test('all problems come together', () => {
    const message = problemOf({
      file: file('listen: {prot: 1, port: x}'),
      env: { HEADGATE_ADMIN_PRT: '1' },
      flags: { 'admin.port': 'y', 'pool.waitMs': '1' },
    });
    expect(message.match(/^ {2}- /gm)).toHaveLength(5);
    expect(message).toContain('did you mean HEADGATE_ADMIN_PORT?');
    expect(message).toContain('flag --admin-port');
  });

  test('variables that container platforms add are not ours', () => {
    const env = { HEADGATE_PORT: 'tcp://10.0.0.1:3306', HEADGATE_SERVICE_HOST: '10.0.0.1' };
    expect(loadConfig({ env })).toEqual(loadConfig());
  });

  test('a password is never shown', () => {
    const message = problemOf({ flags: { 'gateway.password': 12345 } });
    expect(message).toContain('gateway.password');
    expect(message).not.toContain('12345');
  });

  test('missing files are named with their key', () => {
    expect(problemOf({ file: join(folder, 'none.yaml') })).toContain('none.yaml');
    expect(problemOf({ flags: { 'listen.usersFile': join(folder, 'none') } })).toMatch(
      /listen\.usersFile.*none/,
    );
    expect(problemOf({ flags: { 'gateway.password': 'a', 'gateway.passwordFile': 'b' } })).toContain(
      'only one',
    );
  });
});

test('flags of every key: unique, kebab, and picked out of commander options by path', () => {
  const flags = configFlags();
  expect(new Set(flags.map((flag) => flag.flag)).size).toBe(configKeys.size);
  expect(flags.find((flag) => flag.path === 'listen.tls.certFile')).toMatchObject({
    flag: '--listen-tls-cert-file',
    attribute: 'listenTlsCertFile',
    kind: 'path',
  });
  for (const flag of flags) expect(flag.description).toMatch(/\.$/);
  expect(flagValues({ listenPort: '1', json: true, adminPort: undefined })).toEqual({ 'listen.port': '1' });
});
