/**
 * The full path of caching_sha2_password without TLS: password and its NUL, XORed with the nonce, encrypted with the
 * server's RSA key and OAEP padding (SHA1, as OpenSSL's default is).
 */
import {
  constants,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { xor } from './digest.ts';

const modulusBits = 2048;

export type RsaKeyPair = Readonly<{ publicKeyPem: Buffer; privateKey: KeyObject; modulusBytes: number }>;

/** Takes some 100 ms of a worker thread: make one pair per process and keep it. */
export async function createRsaKeyPair(): Promise<RsaKeyPair> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: modulusBits });
  const publicKeyPem = Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  return { publicKeyPem, privateKey: pair.privateKey, modulusBytes: modulusBits / 8 };
}

/** The password as a client sends it over a plain connection; `publicKeyPem` came from the server. */
export function encryptPassword(password: Buffer, nonce: Buffer, publicKeyPem: Buffer): Buffer {
  const terminated = Buffer.concat([password, Buffer.from([0])]);
  try {
    const key = createPublicKey(publicKeyPem);
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, xor(terminated, nonce));
  } catch (cause) {
    // Either not a key at all, or a password too long for it.
    throw new HeadgateError('ER_MALFORMED_PACKET', { detail: "the server's RSA key cannot be used", cause });
  }
}

/** The password without its NUL, or undefined when the bytes are not an encryption of one. */
export function decryptPassword(encrypted: Buffer, nonce: Buffer, pair: RsaKeyPair): Buffer | undefined {
  if (encrypted.length !== pair.modulusBytes) return undefined;
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return withoutNul(xor(privateDecrypt({ key: pair.privateKey, padding }, encrypted), nonce));
  } catch {
    // The client's bytes are to blame; what exactly is wrong with them must not show.
    return undefined;
  }
}

/** A password as it comes over TLS: exactly one NUL, at its end. */
export function withoutNul(bytes: Buffer): Buffer | undefined {
  return bytes.indexOf(0) === bytes.length - 1 && bytes.length > 0 ? bytes.subarray(0, -1) : undefined;
}
