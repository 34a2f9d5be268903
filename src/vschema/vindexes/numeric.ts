/** The `numeric` vindex: the number itself in eight bytes; negative ones have no place. */
import { bigEndian, numberOf } from './number-of.ts';
import { singleColumn } from './vindex.ts';

export const numeric = singleColumn({
  type: 'numeric',
  cost: 0,
  ordered: true,
  keyspaceId: (value) => {
    const number = numberOf(value);
    return number === undefined ? undefined : bigEndian(number);
  },
  placeInteger: (_, isNegative) => !isNegative,
});
