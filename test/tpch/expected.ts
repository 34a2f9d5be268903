/** Queries that are refused by now, as a text and prepared. One that is answered has to leave its list. */
import type { KeyspaceName } from './stage.ts';

export const refused: Readonly<Record<KeyspaceName, readonly number[]>> = {
  tpch: [],
  tpch_scattered: [],
};
