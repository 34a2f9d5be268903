/** What is wrong with a VSchema or with routing rules, and where. */

/** `warning`: it works as in Vitess, but hardly as meant. */
export type Severity = 'error' | 'warning';

/** `path` is where in the file: `tables.customer.column_vindexes[0].name`; empty for the whole. */
export type VSchemaProblem = Readonly<{ path: string; message: string; severity: Severity }>;

/** A problem with the keyspace whose VSchema has it; undefined for the routing rules. */
export type LocatedProblem = VSchemaProblem & Readonly<{ keyspace: string | undefined }>;

export const errorAt = (path: string, message: string): VSchemaProblem => ({
  path,
  message,
  severity: 'error',
});

export const warningAt = (path: string, message: string): VSchemaProblem => ({
  path,
  message,
  severity: 'warning',
});

/** The path of a member; names that are not plain words are put into quotes. */
export function memberPath(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** One line for people: where, then what. */
export const problemText = ({ path, message, severity }: VSchemaProblem): string =>
  `${severity === 'warning' ? 'warning: ' : ''}${path === '' ? '' : `${path} `}${message}`;

export const isError = ({ severity }: VSchemaProblem): boolean => severity === 'error';
