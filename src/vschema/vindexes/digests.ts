/** The digests that several vindexes use. Both are synchronous: the WebAssembly of XXH64 is compiled when this module loads. */
import { hash } from 'node:crypto';
import xxhash from 'xxhash-wasm';

const { h64Raw } = await xxhash();

/** XXH64 with seed 0: eight bytes, the lowest first. */
export function xxh64(bytes: Uint8Array): Buffer {
  const id = Buffer.allocUnsafe(8);
  id.writeBigUInt64LE(h64Raw(bytes));
  return id;
}

/** MD5: sixteen bytes. */
export const md5 = (bytes: Uint8Array): Buffer => hash('md5', bytes, 'buffer');
