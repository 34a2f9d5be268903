/** The files of the compose project fit each other, the users, the configuration and the sample; no Docker is needed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { parseUsers } from '../../src/config/users-file.ts';
import { CELL, planCluster } from '../../src/local/cluster-layout.ts';
import { findDefinitions } from '../../src/local/definitions.ts';
import { parseTabletWish } from '../../src/local/initialise-tablets.ts';
import { sampleKeyspaces } from '../../src/local/sample-rows.ts';
import { argsOf, compose, environment, pathOf, textOf } from './compose-files.ts';

const { services } = compose;
const tablets = argsOf('--tablet').map(parseTabletWish);
const router = services.router!;
const config = configSchema.parse(parse(textOf('docker/router/headgate.yaml')));

test('ports are published on 127.0.0.1 only, and only those of the router', () => {
  const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => `${name} ${port}`),
  );
  expect(published).toEqual([
    `router 127.0.0.1:\${HEADGATE_PORT:-3306}:${config.listen.port}`,
    `router 127.0.0.1:\${HEADGATE_ADMIN_PORT:-15000}:${config.admin.port}`,
  ]);
});

test('root without a password comes from the subnet of the clients alone', () => {
  const users = parseUsers(textOf('docker/router/users.yaml'), 'users.yaml');
  const subnet = compose.networks.clients?.ipam?.config[0]?.subnet ?? '';
  const [entry, ...others] = users.entries;
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ name: 'root', withoutPassword: true });
  expect(entry?.hosts.map(({ text }) => text)).toEqual([subnet]);
  expect(users.find('root', subnet.replace(/\.0\/24$/, '.1'))).toBe(entry);
  for (const address of ['127.0.0.1', '172.17.0.1', '10.213.78.1', '192.168.65.1']) {
    expect(users.find('root', address)).toBe('hostDenied');
  }
});

test('etcd and the tablets are reached by the router and the initialiser only', () => {
  expect(compose.networks.cluster).toEqual({ internal: true });
  expect(router.networks).toEqual(['clients', 'cluster']);
  for (const [name, { networks }] of Object.entries(services)) {
    if (name !== 'router') expect([name, networks]).toEqual([name, ['cluster']]);
  }
});

test("the initialiser is given the services that are tablets, on exactly the sample's shards", () => {
  const names = Object.keys(services).filter((name) => name.startsWith('tablet-'));
  expect(tablets.map(({ host }) => host)).toEqual(names);
  for (const { alias, host, port } of tablets) {
    const number = alias.slice(CELL.length + 1);
    expect(port).toBe(3306);
    expect(host).toBe(`tablet-${number}`);
    expect(services[host]).toMatchObject({
      image: 'mysql:8.4',
      command: [`--server-id=${number}`, `--report-host=${host}`],
      volumes: [`${host}:/var/lib/mysql`],
      restart: 'unless-stopped',
    });
    expect(compose.volumes).toHaveProperty(host);
  }
  const folder = pathOf('vschema');
  const layout = planCluster(sampleKeyspaces, 1, true, findDefinitions(folder, folder).vschemaOf);
  const places = ({ alias, keyspace, shard }: { alias: string; keyspace: string; shard: string }): string =>
    `${alias} ${keyspace}/${shard}`;
  expect(tablets.map(places)).toEqual(layout.tablets.map(places));
});

test('the initialiser waits for all of them and runs once, the router waits for nothing', () => {
  const { depends_on, restart } = services.initialise!;
  const others = Object.keys(services).filter((name) => name !== 'router' && name !== 'initialise');
  expect(depends_on).toEqual(
    Object.fromEntries(others.map((name) => [name, { condition: 'service_healthy' }])),
  );
  expect(restart).toBe('no');
  expect(router.depends_on).toBeUndefined();
  for (const name of [...others, 'router']) {
    expect([name, services[name]?.restart]).toEqual([name, 'unless-stopped']);
    expect(services[name]?.healthcheck?.test[0]).toBe('CMD');
  }
});

test('router and initialiser speak of the same etcd, user and cell', () => {
  expect(argsOf('--etcd')).toEqual([config.topology.etcd.join(',')]);
  expect(argsOf('--router-user')).toEqual([config.gateway.user]);
  expect(argsOf('--router-password-file')).toEqual([config.gateway.passwordFile]);
  expect(config.gateway.cell).toBe(CELL);
  expect(router.command).toEqual(['serve', '--config', '/etc/headgate/headgate.yaml']);
  expect(router.volumes).toEqual(['./docker/router:/etc/headgate:ro,z']);
});

test('every secret has its value in .env and is given to who reads it', () => {
  for (const { environment: name } of Object.values(compose.secrets)) expect(environment[name]).toBeTruthy();
  const used = (service: string): string[] =>
    [...JSON.stringify(services[service]).matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name]) => name!);
  for (const [name, { secrets = [] }] of Object.entries(services)) {
    const reads = name === 'router' ? [config.gateway.passwordFile!.split('/').at(-1)!] : used(name);
    expect([name, [...secrets].sort()]).toEqual([name, reads.sort()]);
    for (const secret of secrets) expect(compose.secrets).toHaveProperty(secret);
  }
});

test('the image gets what it copies, and runs as a plain user', () => {
  const lines = textOf('Dockerfile').split('\n');
  const copied = lines.flatMap((line) =>
    (/^COPY (?!--)(.+) \S+$/.exec(line)?.[1] ?? '').split(' ').filter(Boolean),
  );
  const letIn = textOf('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect([...copied].sort()).toEqual([...letIn].sort());
  for (const file of copied) expect([file, existsSync(pathOf(file))]).toEqual([file, true]);
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  expect(last).toContain('USER node');
  expect(last).toContain('ENTRYPOINT ["node", "/headgate/bin/headgate.mjs"]');
  expect(existsSync(join(pathOf('bin'), 'headgate.mjs'))).toBe(true);
});
