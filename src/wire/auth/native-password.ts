/**
 * mysql_native_password: the client sends SHA1(password) XOR SHA1(nonce || SHA1(SHA1(password))), the server keeps
 * SHA1(SHA1(password)) (protocol page "Native Authentication").
 */
import { equalBytes, sha1, xor } from './digest.ts';

export const nativeTokenBytes = 20;

/** What a client answers to `nonce`; nothing at all for an empty password. */
export function nativeToken(password: Buffer, nonce: Buffer): Buffer {
  if (password.length === 0) return Buffer.alloc(0);
  const once = sha1(password);
  return xor(once, sha1(nonce, sha1(once)));
}

/** Whether `token` was made from the password whose double SHA1 is `stored`. */
export function verifyNativeToken(token: Buffer, nonce: Buffer, stored: Buffer): boolean {
  if (token.length !== nativeTokenBytes) return false;
  return equalBytes(sha1(xor(token, sha1(nonce, stored))), stored);
}
