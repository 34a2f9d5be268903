/** Queries that are refused by now, as a text and prepared. One that is answered has to leave its list. */
import type { KeyspaceName } from './stage.ts';

export const refused: Readonly<Record<KeyspaceName, readonly number[]>> = {
  tpch: [2, 3, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
  tpch_scattered: [2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
};
