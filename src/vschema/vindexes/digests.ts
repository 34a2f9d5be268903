/** The digests that several vindexes use. Both are synchronous: the WebAssembly of XXH64 is compiled when this module loads. */
import { hash } from 'node:crypto';
import xxhash from 'xxhash-wasm';

/** Longer values go in pieces: what is hashed at once stays in WebAssembly's memory for good. */
const PIECE_BYTES = 65_536;

const { h64Raw, create64 } = await xxhash();

/** XXH64 with seed 0: eight bytes, the lowest first. */
export function xxh64(bytes: Uint8Array): Buffer {
  const id = Buffer.allocUnsafe(8);
  id.writeBigUInt64LE(bytes.length > PIECE_BYTES ? inPieces(bytes) : h64Raw(bytes));
  return id;
}

function inPieces(bytes: Uint8Array): bigint {
  const state = create64();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) state.update(bytes.subarray(at, at + PIECE_BYTES));
  return state.digest();
}

/** MD5: sixteen bytes. */
export const md5 = (bytes: Uint8Array): Buffer => hash('md5', bytes, 'buffer');
