import type { Variant } from './player.ts';
import type { Script } from './script.ts';

const both = [true, false] as const;

/** Every corner: text or prepared × DEPRECATE_EOF × TLS × SESSION_TRACK. */
const corners: readonly Variant[] = both.flatMap((prepared) =>
  both.flatMap((deprecateEof) =>
    both.flatMap((tls) => both.map((sessionTrack) => ({ prepared, deprecateEof, tls, sessionTrack }))),
  ),
);

/** Two opposite corners: for scripts with big answers, and for the scripts' own check. */
export const oppositeVariants: readonly Variant[] = [
  { prepared: false, deprecateEof: true, tls: false, sessionTrack: true },
  { prepared: true, deprecateEof: false, tls: true, sessionTrack: false },
];

/** Compression lies below all of the above: each algorithm in one corner. */
const compressedVariants: readonly Variant[] = [
  { ...oppositeVariants[0]!, compression: 'zlib' },
  { ...oppositeVariants[1]!, compression: 'zstd' },
];

export const variantsOf = (script: Script): readonly Variant[] => [
  ...(script.heavy ? oppositeVariants : corners),
  ...compressedVariants,
];
