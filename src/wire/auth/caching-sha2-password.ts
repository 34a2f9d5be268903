/**
 * caching_sha2_password, the fast path: the client sends SHA256(password) XOR SHA256(SHA256(SHA256(password)) || nonce)
 * (protocol page "Caching_sha2_password information"). MySQL can check that only while the double hash is in its
 * cache; here the users file keeps exactly that hash.
 */
import { equalBytes, sha256, xor } from './digest.ts';

export const cachingSha2TokenBytes = 32;

/** First bytes of the plugin's AuthMoreData packets and of the client's key request. */
export const cachingSha2Message = {
  requestPublicKey: 0x02,
  fastAuthSuccess: 0x03,
  performFullAuth: 0x04,
} as const;

/** What a client answers to `nonce`; nothing at all for an empty password. */
export function cachingSha2Token(password: Buffer, nonce: Buffer): Buffer {
  if (password.length === 0) return Buffer.alloc(0);
  const once = sha256(password);
  return xor(once, sha256(sha256(once), nonce));
}

/** Whether `token` was made from the password whose double SHA256 is `stored`. */
export function verifyCachingSha2Token(token: Buffer, nonce: Buffer, stored: Buffer): boolean {
  if (token.length !== cachingSha2TokenBytes) return false;
  return equalBytes(sha256(xor(token, sha256(stored, nonce))), stored);
}
