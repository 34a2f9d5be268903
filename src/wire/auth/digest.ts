import { createHash, timingSafeEqual } from 'node:crypto';

export function sha1(...parts: readonly Buffer[]): Buffer {
  return digest('sha1', parts);
}

export function sha256(...parts: readonly Buffer[]): Buffer {
  return digest('sha256', parts);
}

function digest(algorithm: 'sha1' | 'sha256', parts: readonly Buffer[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Byte-wise exclusive or; `mask` is repeated where it is shorter. */
export function xor(bytes: Buffer, mask: Buffer): Buffer {
  const result = Buffer.allocUnsafe(bytes.length);
  for (let at = 0; at < bytes.length; at++) result[at] = bytes[at]! ^ mask[at % mask.length]!;
  return result;
}

/** Compares in constant time; only a difference in length shows. */
export const equalBytes = (left: Buffer, right: Buffer): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
