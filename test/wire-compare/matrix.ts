import type { Variant } from './player.ts';
import type { Script } from './script.ts';

const both = [true, false] as const;

/** Every corner: text or prepared × DEPRECATE_EOF × TLS × SESSION_TRACK. */
export const allVariants: readonly Variant[] = both.flatMap((prepared) =>
  both.flatMap((deprecateEof) =>
    both.flatMap((tls) => both.map((sessionTrack) => ({ prepared, deprecateEof, tls, sessionTrack }))),
  ),
);

/** Two opposite corners: for scripts with big answers, and for the scripts' own check. */
export const oppositeVariants: readonly Variant[] = [
  { prepared: false, deprecateEof: true, tls: false, sessionTrack: true },
  { prepared: true, deprecateEof: false, tls: true, sessionTrack: false },
];

export const variantsOf = (script: Script): readonly Variant[] =>
  script.heavy ? oppositeVariants : allVariants;
