/** The two algorithms of MySQL's compressed protocol, one shot per frame: at once for little, in a worker thread for much. */
import {
  constants,
  deflate,
  deflateSync,
  inflate,
  inflateSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';

export type CompressionAlgorithm = 'zlib' | 'zstd';

/** What MySQL uses for zlib, whatever the client wants; clients choose the level of zstd only. */
export const ZLIB_LEVEL = 6;
export const ZSTD_LEVEL_MAX = 22;

type Done = (error: Error | null, bytes: Buffer) => void;

/** `expand…` needs the length that the frame's header claims, and allocates no more than that; all throw or report on bytes that are none of theirs. */
export type Codec = Readonly<{
  algorithm: CompressionAlgorithm;
  level: number;
  compress: (bytes: Buffer) => Buffer;
  compressLater: (bytes: Buffer, done: Done) => void;
  expand: (bytes: Buffer, length: number) => Buffer;
  expandLater: (bytes: Buffer, length: number, done: Done) => void;
}>;

const zlibOptions = { level: ZLIB_LEVEL };

const zlibCodec: Codec = {
  algorithm: 'zlib',
  level: ZLIB_LEVEL,
  compress: (bytes) => deflateSync(bytes, zlibOptions),
  compressLater: (bytes, done) => deflate(bytes, zlibOptions, done),
  expand: (bytes, length) => inflateSync(bytes, { maxOutputLength: length }),
  expandLater: (bytes, length, done) => inflate(bytes, { maxOutputLength: length }, done),
};

/** A frame has at most 16 MiB: no honest one needs a larger window, and a dishonest one gets no more memory. */
const WINDOW_LOG_MAX = 24;

function zstdCodec(level: number): Codec {
  // Told the size, zstd takes the memory for that size: at level 22 it would otherwise be hundreds of megabytes.
  const writing = (bytes: Buffer) => ({
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: bytes.length,
  });
  const reading = (length: number) => ({
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    maxOutputLength: length,
  });
  return {
    algorithm: 'zstd',
    level,
    compress: (bytes) => zstdCompressSync(bytes, writing(bytes)),
    compressLater: (bytes, done) => zstdCompress(bytes, writing(bytes), done),
    expand: (bytes, length) => zstdDecompressSync(bytes, reading(length)),
    expandLater: (bytes, length, done) => zstdDecompress(bytes, reading(length), done),
  };
}

/** `level` is the client's, 1 to 22; zlib has one of its own. */
export const codecOf = (algorithm: CompressionAlgorithm, level: number): Codec =>
  algorithm === 'zlib' ? zlibCodec : zstdCodec(level);
