/**
 * All errors that Headgate itself raises. `ER_*` entries are MySQL's own numbers and texts; `HG_*` entries use 9100 and up, which
 * MySQL leaves free. `docs/errors.md` is generated from here.
 */
import { headgateErrors } from './headgate-errors.ts';
import { mysqlErrors } from './mysql-errors.ts';

export const catalogue = { ...mysqlErrors, ...headgateErrors } as const;

export type ErrorName = keyof typeof catalogue;
