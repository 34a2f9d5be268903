import { expect, test } from 'vitest';
import { meetsRequirement, oneLineName } from './tls-requirement.ts';

const certificate = { subject: '/C=SE/CN=app', issuer: '/CN=ca' };
const plain = undefined;
const tls = { cipher: 'TLS_AES_256_GCM_SHA384', version: 'TLSv1.3', certificate: undefined };
const mutual = { ...tls, certificate };

test.each([
  ['nothing', undefined, [true, true, true]],
  ['ssl', { certificate: false }, [false, true, true]],
  ['x509', { certificate: true }, [false, false, true]],
  ['subject', { certificate: true, subject: '/C=SE/CN=app' }, [false, false, true]],
  ['another subject', { certificate: true, subject: '/C=SE/CN=app2' }, [false, false, false]],
  ['issuer', { certificate: true, issuer: '/CN=ca' }, [false, false, true]],
  ['another issuer', { certificate: true, subject: '/C=SE/CN=app', issuer: '/CN=cb' }, [false, false, false]],
  ['cipher', { certificate: false, cipher: 'TLS_AES_256_GCM_SHA384' }, [false, true, true]],
  ['another cipher', { certificate: false, cipher: 'TLS_AES_128_GCM_SHA256' }, [false, false, false]],
])('%s', (_, requires, expected) => {
  expect([plain, tls, mutual].map((peer) => meetsRequirement(requires, peer))).toEqual(expected);
});

test('names in one line', () => {
  expect(oneLineName('C=SE\nO=Shop\\, Ltd\nCN=app')).toBe('/C=SE/O=Shop, Ltd/CN=app');
});
