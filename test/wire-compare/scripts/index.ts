import type { Script } from '../script.ts';
import { queryAttributes } from './attributes.ts';
import { bigRows, manyColumns, manyRows } from './big.ts';
import { calls, callsWithoutAny, callsWithoutMulti } from './call.ts';
import { commands, commandsBetween, noDatabase, resets } from './commands.ts';
import { cursorErrors, cursors, cursorsAndOthers } from './cursors.ts';
import { dataErrors, nameErrors, syntaxErrors } from './errors.ts';
import { loadData, loadWithout } from './load.ts';
import { multiStatements, routines, statefulTables } from './multi.ts';
import { longDataAndMany, manyStatements, parameterTypes, statements } from './prepared.ts';
import { columnTypes, expressions, identity } from './select.ts';
import {
  charsets,
  clientFlags,
  handshakeCharsets,
  readVariables,
  setVariables,
  sqlModes,
  userVariables,
} from './session.ts';
import { show } from './show.ts';
import { sqlPrepared } from './sql-prepared.ts';
import { sessionTracking } from './tracking.ts';
import { savepoints, transactions, twoSessions } from './transactions.ts';
import { infoTexts, insertIds } from './writes.ts';

/** Every script of the comparison. */
export const scripts: readonly Script[] = [
  expressions,
  columnTypes,
  identity,
  manyColumns,
  syntaxErrors,
  nameErrors,
  dataErrors,
  insertIds,
  infoTexts,
  transactions,
  savepoints,
  twoSessions,
  readVariables,
  setVariables,
  userVariables,
  sessionTracking,
  charsets,
  ...handshakeCharsets,
  sqlModes,
  ...clientFlags,
  multiStatements,
  routines,
  calls,
  callsWithoutMulti,
  callsWithoutAny,
  loadData,
  loadWithout,
  statefulTables,
  commands,
  commandsBetween,
  resets,
  noDatabase,
  show,
  parameterTypes,
  statements,
  longDataAndMany,
  sqlPrepared,
  manyStatements,
  cursors,
  cursorsAndOthers,
  cursorErrors,
  queryAttributes,
  bigRows,
  manyRows,
];
