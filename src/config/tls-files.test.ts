import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import { readGatewayTls, readListenTls } from './tls-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
const inFolder = (name: string): string => join(folder, name);
const flags = (certFile: string, keyFile: string, mode = 'required') => ({
  flags: {
    'listen.tls.mode': mode,
    'listen.tls.certFile': inFolder(certFile),
    'listen.tls.keyFile': inFolder(keyFile),
  },
});

beforeAll(() => {
  for (const name of ['a', 'b']) {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat(
        ['-subj', `/CN=${name}`, '-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.crt`)],
      ),
      { stdio: 'ignore' },
    );
  }
  writeFileSync(inFolder('garbage'), 'no pem');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a matching pair is accepted and read', () => {
  const config = loadConfig(flags('a.crt', 'a.key'));
  expect(readListenTls(config)).toMatchObject({ cert: expect.stringContaining('BEGIN CERTIFICATE') });
  expect(readListenTls(loadConfig())).toBeUndefined();
});

test('a pair that does not fit, garbage and missing files are refused with their names', () => {
  expect(() => loadConfig(flags('a.crt', 'b.key'))).toThrow(
    /b\.key does not belong to the certificate in .*a\.crt/,
  );
  expect(() => loadConfig(flags('garbage', 'a.key'))).toThrow(/garbage holds no certificate/);
  expect(() => loadConfig(flags('a.crt', 'garbage'))).toThrow(/garbage holds no usable private key/);
  expect(() => loadConfig(flags('none', 'a.key'))).toThrow(/listen\.tls: .*none/);
  expect(() => loadConfig({ flags: { 'listen.tls.mode': 'optional' } })).toThrow(
    /is optional: listen\.tls\.certFile is missing[\s\S]*listen\.tls\.keyFile is missing/,
  );
});

test('with mode off the files are not looked at', () => {
  expect(readListenTls(loadConfig(flags('none', 'none', 'off')))).toBeUndefined();
});

test('the authority for tablets', () => {
  expect(readGatewayTls(loadConfig({ flags: { 'gateway.caFile': inFolder('a.crt') } }))).toEqual({
    ca: expect.stringContaining('BEGIN'),
  });
  expect(() => loadConfig({ flags: { 'gateway.caFile': inFolder('garbage') } })).toThrow(
    /gateway\.caFile: .*garbage/,
  );
});

test('what the router shows to tablets', () => {
  const pair = (certFile: string, keyFile?: string) =>
    loadConfig({
      flags: {
        'gateway.certFile': inFolder(certFile),
        ...(keyFile === undefined ? {} : { 'gateway.keyFile': inFolder(keyFile) }),
      },
    });
  expect(readGatewayTls(pair('a.crt', 'a.key'))).toMatchObject({ key: expect.stringContaining('KEY') });
  expect(() => pair('a.crt', 'b.key')).toThrow(/gateway\.certFile: .*does not belong/);
  expect(() => pair('a.crt')).toThrow(/certFile and keyFile are a pair/);
});

test('what clients are judged by', () => {
  const judged = (more: Record<string, string>) =>
    loadConfig({ flags: { ...flags('a.crt', 'a.key').flags, ...more } });
  expect(readListenTls(judged({ 'listen.tls.caFile': inFolder('b.crt') }))?.ca).toContain('BEGIN');
  expect(() => judged({ 'listen.tls.caFile': inFolder('garbage') })).toThrow(/garbage holds no certificate/);
  expect(() => judged({ 'listen.tls.crlFile': inFolder('a.crt') })).toThrow(/nothing without caFile/);
  expect(() => judged({ 'listen.tls.groups': 'X25519:nonsense' })).toThrow(/listen\.tls: /);
  expect(() => judged({ 'listen.tls.clientCertificates': 'required' })).toThrow(/caFile is missing/);
  expect(() =>
    judged({ 'listen.tls.caFile': inFolder('b.crt'), 'listen.tls.crlFile': inFolder('garbage') }),
  ).toThrow(/garbage holds no revocation list/);
});
