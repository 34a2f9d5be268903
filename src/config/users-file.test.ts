import { expect, test } from 'vitest';
import { hostOf, hostRuleMatches, normalizeAddress, parseHostRule } from './host-rule.ts';
import { hashPassword, verifyPassword } from './users.ts';
import { defaultUsers, parseUsers } from './users-file.ts';

const hashes = hashPassword('secret');
const sha2 = `cachingSha2: '${hashes.cachingSha2}'`;

test('a file with every form', () => {
  const users = parseUsers(
    `users:
  - name: app
    hosts: ['10.0.0.0/8', '127.0.0.1']
    ${sha2}
    native: '${hashes.native}'
  - { name: app, hosts: 10.1.%, password: '' }
  - name: two
    cachingSha2: ['${hashes.cachingSha2}', '${hashPassword('other').cachingSha2}']
`,
    'users.yaml',
  );
  expect(users.entries).toHaveLength(3);
  // The closest rule wins, not the first.
  expect(users.find('app', '10.1.2.3')).toMatchObject({ withoutPassword: true });
  expect(users.find('app', '10.2.2.3')).toMatchObject({ withoutPassword: false });
  expect(users.find('app', '::ffff:10.2.2.3')).toBe(users.find('app', '10.2.2.3'));
  expect(users.find('app', '192.168.1.1')).toBeUndefined();
  const two = users.find('two', '192.168.1.1');
  expect(two).toMatchObject({ cachingSha2: { length: 2 }, native: { length: 0 } });
  if (two === undefined || two === 'hostDenied') throw new Error('not found');
  expect(verifyPassword(two, Buffer.from('other'))).toBe(true);
  expect(verifyPassword(two, Buffer.from('secret'))).toBe(true);
  expect(verifyPassword(two, Buffer.from('wrong'))).toBe(false);
  expect(verifyPassword(two, Buffer.alloc(0))).toBe(false);
});

test('JSON is read too', () => {
  const text = JSON.stringify({ users: [{ name: 'a', ...hashes }] });
  expect(parseUsers(text, 'users.json').find('a', '')).toMatchObject({ native: { length: 1 } });
});

test('an address that no user may come from', () => {
  const users = parseUsers(`users: [{name: a, hosts: [localhost], ${sha2}}]`, 'f');
  expect(users.find('a', '10.0.0.1')).toBe('hostDenied');
  expect(users.find('nobody', '10.0.0.1')).toBe('hostDenied');
  expect(users.find('nobody', '127.0.0.1')).toBeUndefined();
});

test('without a file only root from this machine', () => {
  const users = defaultUsers();
  for (const address of ['', '127.0.0.1', '::1', '::ffff:127.0.0.1', '127.8.0.1']) {
    expect(users.find('root', address)).toMatchObject({ name: 'root', withoutPassword: true });
    expect(users.find('other', address)).toBeUndefined();
  }
  expect(users.find('root', '10.0.0.1')).toBe('hostDenied');
});

test.each([
  ['users:\n  - name: a\n    hots: []', 'f, line 3: unknown key hots of a user; did you mean hosts?'],
  [`user: []`, 'f, line 1: unknown key user; did you mean users?'],
  ['users:\n  - name: a', 'line 2: user a has neither'],
  [`users:\n  - name: a\n    password: geheim`, "line 3: password of user a may only be ''"],
  [`users: [{name: a, password: '', ${sha2}}]`, 'user a has both'],
  [`users: [{name: a, hosts: [example.com], ${sha2}}]`, 'host example.com of user a is none of'],
  [`users: [{name: a, hosts: [], ${sha2}}]`, 'hosts of user a is empty'],
  [`users: [{name: '', ${sha2}}]`, 'name is empty'],
  [`users: [{name: ${'x'.repeat(33)}, ${sha2}}]`, 'longer than 32'],
  [`users: [{${sha2}}]`, 'a user has no name'],
  [`users: [{name: 12, ${sha2}}]`, 'name must be text; put it in quotes'],
  [`users: [{name: a, cachingSha2: geheim}]`, 'cachingSha2 of user a must be 64 hex digits'],
  [`users: [{name: a, native: '${hashes.native.slice(1)}'}]`, "native of user a must be '*' and 40 hex"],
  [`users: [{name: a, ${sha2}}, {name: a, ${sha2}}]`, "'a'@'%' is there twice"],
  ['users: 5', 'users must be a list'],
  ['users: [5]', 'a user must be a map'],
  ['', 'the file must hold the key users'],
  ['users: [', 'not valid YAML'],
])('%j is refused', (text, message) => {
  expect(() => parseUsers(text, 'f')).toThrow(message);
});

test('a clear password in the file does not reach the message', () => {
  for (const key of ['password', 'native', 'cachingSha2']) {
    expect(() => parseUsers(`users: [{name: a, ${key}: geheim}]`, 'f')).toThrow(/^(?!.*geheim)/);
  }
});

test('decoys look like the users of the file and stay the same', () => {
  const nativeOnly = `{name: n, native: '${hashes.native}'}`;
  const users = parseUsers(`users: [{name: a, ${sha2}}, ${nativeOnly}]`, 'f');
  const shapes = new Map<string, number>();
  for (let index = 0; index < 200; index++) {
    const decoy = users.decoy(`name${index}`);
    expect(decoy).toEqual(users.decoy(`name${index}`));
    const shape = `${decoy.cachingSha2.length}${decoy.native.length}`;
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  expect([...shapes.keys()].sort()).toEqual(['01', '10']);
  const reloaded = parseUsers(`users: [{name: a, ${sha2}}, ${nativeOnly}]`, 'f', users.decoyKey);
  expect(reloaded.decoy('x')).toEqual(users.decoy('x'));
});

test.each([
  ['%', '10.0.0.1', true],
  ['%', 'localhost', true],
  ['localhost', '127.0.0.1', true],
  ['localhost', '::1', true],
  ['localhost', '10.0.0.1', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', 'localhost', false],
  ['::1', '::1', true],
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/255.0.0.0', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.1.%', '10.1.9.9', true],
  ['10.1.%', '10.2.9.9', false],
  ['fe80::/10', 'fe80::1', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
])('rule %s and address %s: %s', (text, address, matches) => {
  expect(hostRuleMatches(parseHostRule(text)!, normalizeAddress(address))).toBe(matches);
});

test.each(['', 'example.com', '10.0.0.0/33', '10.0.0.0/255.0.255.0', '10.%.1', '300.1.%', '/8'])(
  '%j is no rule',
  (text) => {
    expect(parseHostRule(text)).toBeUndefined();
  },
);

test('names of hosts in messages', () => {
  expect(hostOf('')).toBe('localhost');
  expect(hostOf('::ffff:127.0.0.1')).toBe('localhost');
  expect(hostOf('::1')).toBe('localhost');
  expect(hostOf('fe80::1%eth0')).toBe('fe80::1');
  expect(hostOf('10.0.0.1')).toBe('10.0.0.1');
});

test('admin and connectionsMax: root is an administrator unless the file says otherwise', () => {
  const rights = (text: string) =>
    parseUsers(text, 'f').entries.map(({ admin, connectionsMax }) => [admin, connectionsMax]);
  const plain = `{name: root, ${sha2}}, {name: a, ${sha2}}`;
  expect(rights(`users: [${plain}]`)).toEqual([
    [true, 0],
    [false, 0],
  ]);
  const said = `{name: root, ${sha2}, admin: false}, {name: a, ${sha2}, admin: true, connectionsMax: 5}`;
  expect(rights(`users: [${said}]`)).toEqual([
    [false, 0],
    [true, 5],
  ]);
});
