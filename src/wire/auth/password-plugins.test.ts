import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashPassword } from '../../config/users.ts';
import { cachingSha2Token, verifyCachingSha2Token } from './caching-sha2-password.ts';
import { nativeToken, verifyNativeToken } from './native-password.ts';
import { createNonce, nonceBytes } from './nonce.ts';
import { createRsaKeyPair, decryptPassword, encryptPassword, withoutNul } from './rsa-password.ts';

const nonce = Buffer.from('abcdefghijklmnopqrst');
const password = Buffer.from('pässword');

test('tokens made with another library', () => {
  expect(nativeToken(password, nonce).toString('hex')).toBe('b6aee8c0bffcfce0688367927687201f2596afc6');
  expect(cachingSha2Token(password, nonce).toString('hex')).toBe(
    'f8ff87710421e89cadca70a6ad4c567e6f1deeefe615068ddd56db0fcec9f54c',
  );
  expect(hashPassword('pässword')).toEqual({
    cachingSha2: '7C290A01CE0ADE641BB37945A26FDE8A74EECD97DBC97FED5A4F07906061A5C3',
    native: '*809D64D632EB9BAB610456B482D94C2E267965C8',
  });
  // The manual's own example of PASSWORD('password').
  expect(hashPassword('password').native).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19');
});

test('an empty password has an empty token', () => {
  expect(nativeToken(Buffer.alloc(0), nonce)).toHaveLength(0);
  expect(cachingSha2Token(Buffer.alloc(0), nonce)).toHaveLength(0);
});

test('a token is accepted for its own password and nonce only', () => {
  const property = fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (right, wrong) => {
    const stored = hashPassword(right);
    const sha2 = Buffer.from(stored.cachingSha2, 'hex');
    const native = Buffer.from(stored.native.slice(1), 'hex');
    const own = createNonce();
    const same = right === wrong;
    expect(verifyCachingSha2Token(cachingSha2Token(Buffer.from(right), own), own, sha2)).toBe(true);
    expect(verifyCachingSha2Token(cachingSha2Token(Buffer.from(right), nonce), own, sha2)).toBe(false);
    expect(verifyCachingSha2Token(cachingSha2Token(Buffer.from(wrong), own), own, sha2)).toBe(same);
    expect(verifyNativeToken(nativeToken(Buffer.from(right), own), own, native)).toBe(true);
    expect(verifyNativeToken(nativeToken(Buffer.from(right), nonce), own, native)).toBe(false);
    expect(verifyNativeToken(nativeToken(Buffer.from(wrong), own), own, native)).toBe(same);
  });
  fc.assert(property);
});

test.each([0, 1, 19, 21, 31, 33])('a token of %i bytes is wrong, not an exception', (length) => {
  const sha2 = Buffer.alloc(32, 1);
  expect(verifyCachingSha2Token(Buffer.alloc(length), nonce, sha2)).toBe(false);
  expect(verifyNativeToken(Buffer.alloc(length), nonce, Buffer.alloc(20, 1))).toBe(false);
});

test('nonces are 7-bit, without NUL and $, and differ', () => {
  const seen = new Set<string>();
  for (let round = 0; round < 1000; round++) {
    const made = createNonce();
    expect(made).toHaveLength(nonceBytes);
    expect(made.every((byte) => byte > 0 && byte < 0x80 && byte !== 0x24)).toBe(true);
    seen.add(made.toString('hex'));
  }
  expect(seen.size).toBe(1000);
});

test('a password goes through RSA and nothing else does', async () => {
  const pair = await createRsaKeyPair();
  const encrypted = encryptPassword(password, nonce, pair.publicKeyPem);
  expect(decryptPassword(encrypted, nonce, pair)).toEqual(password);
  expect(decryptPassword(encrypted.subarray(1), nonce, pair)).toBeUndefined();
  expect(decryptPassword(Buffer.alloc(256, 7), nonce, pair)).toBeUndefined();
  expect(() => encryptPassword(password, nonce, Buffer.from('no key'))).toThrow(/RSA key/);
  expect(() => encryptPassword(Buffer.alloc(500, 65), nonce, pair.publicKeyPem)).toThrow(/RSA key/);
});

test('a clear password ends with its only NUL', () => {
  expect(withoutNul(Buffer.from('abc\0'))?.toString()).toBe('abc');
  expect(withoutNul(Buffer.from('abc'))).toBeUndefined();
  expect(withoutNul(Buffer.from('a\0c\0'))).toBeUndefined();
  expect(withoutNul(Buffer.alloc(0))).toBeUndefined();
});
