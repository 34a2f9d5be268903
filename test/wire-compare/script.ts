/** The vocabulary of comparison scripts: sequences of commands as data, played to two servers and compared. */
import type { Attribute } from '../support/attributes.ts';
import type { ExecuteOptions, Parameter } from '../support/parameters.ts';

/** What may differ in one step's answer, and why. */
export type Mask = Readonly<{
  reason: string;
  /** Values of these result columns (by title) are not compared; NULL or not is. */
  columns?: readonly string[];
  /** Text that is blotted out before comparing, in any packet. */
  text?: RegExp;
  /** Status flags that are not compared. */
  statusFlags?: number;
  /** Only the kinds of packets are compared, not their content, nor how many rows there are. */
  shapeOnly?: boolean;
}>;

type StepBase = Readonly<{
  /** The connection that plays the step; 'main' unless told. Others are opened when first named. */
  on?: string;
  mask?: Mask;
  /** The server ends the connection here; the next step on it opens another. */
  closes?: boolean;
}>;

export type Step = StepBase &
  (
    | Readonly<{
        kind: 'query';
        sql: string | Buffer;
        textOnly?: boolean;
        attributes?: readonly Attribute[];
        /** The client's file for LOAD DATA LOCAL, as the packets in which it is sent. */
        file?: readonly (string | Buffer)[];
      }>
    | Readonly<{ kind: 'command'; byte: number; payload: string | Buffer }>
    | Readonly<{ kind: 'prepare'; name: string; sql: string | Buffer }>
    | Readonly<{
        kind: 'execute';
        name: string;
        parameters: readonly Parameter[];
        options?: ExecuteOptions;
        attributes?: readonly Attribute[];
      }>
    | Readonly<{ kind: 'longData'; name: string; parameter: number; data: string | Buffer }>
    | Readonly<{ kind: 'fetch'; name: string; rows: number }>
    | Readonly<{ kind: 'resetStatement'; name: string }>
    | Readonly<{ kind: 'closeStatement'; name: string }>
    | Readonly<{ kind: 'changeUser'; database: string; password?: string; charset?: number }>
    | Readonly<{ kind: 'disconnect' }>
  );

export type Script = Readonly<{
  name: string;
  steps: readonly Step[];
  /** Big answers: played in two variants of the matrix instead of all. */
  heavy?: boolean;
  /** Client charset in the handshake; utf8mb4_0900_ai_ci unless told. */
  charset?: number;
  /** No database in the handshake. */
  noDatabase?: boolean;
  /** Capability flags added to or taken from the matrix's. */
  with?: number;
  without?: number;
}>;

/** The database on both servers, and so the keyspace's name. */
export const databaseName = 'compare';

/** COM_QUERY, in the matrix' prepared half COM_STMT_PREPARE and EXECUTE of the same text. */
export const query = (sql: string | Buffer, mask?: Mask): Step => ({ kind: 'query', sql, mask });

/** COM_QUERY in every variant: for multi-statements and what the test must not repeat by prepare. */
export const textQuery = (sql: string | Buffer, mask?: Mask): Step => ({
  kind: 'query',
  sql,
  textOnly: true,
  mask,
});

/** One query step per line or array element. */
export const queries = (...statements: readonly (string | Buffer)[]): Step[] =>
  statements.map((sql) => query(sql));

export const textQueries = (...statements: readonly (string | Buffer)[]): Step[] =>
  statements.map((sql) => textQuery(sql));

/** LOAD DATA LOCAL with the packets of its file. */
export const load = (sql: string, ...file: readonly (string | Buffer)[]): Step => ({
  kind: 'query',
  sql,
  textOnly: true,
  file,
});

export const send = (byte: number, payload: string | Buffer = '', mask?: Mask): Step => ({
  kind: 'command',
  byte,
  payload,
  mask,
});

export const prepare = (name: string, sql: string | Buffer): Step => ({ kind: 'prepare', name, sql });

export const execute = (
  name: string,
  parameters: readonly Parameter[] = [],
  options?: ExecuteOptions,
): Step => ({ kind: 'execute', name, parameters, options });

export const longDataStep = (name: string, parameter: number, data: string | Buffer): Step => ({
  kind: 'longData',
  name,
  parameter,
  data,
});

export const close = (name: string): Step => ({ kind: 'closeStatement', name });
export const reset = (name: string): Step => ({ kind: 'resetStatement', name });
export const fetch = (name: string, rows: number): Step => ({ kind: 'fetch', name, rows });
export const changeUser = (database: string, charset?: number): Step => ({
  kind: 'changeUser',
  database,
  charset,
});
export const disconnect = (on: string): Step => ({ kind: 'disconnect', on });

/** A text query, or an execution, with query attributes. */
export const withAttributes = (step: Step, ...attributes: readonly Attribute[]): Step =>
  step.kind === 'query' || step.kind === 'execute' ? { ...step, attributes } : step;

/** A step after which the server hangs up. */
export const closing = (step: Step): Step => ({ ...step, closes: true });

/** The same steps on another connection. */
export const on = (session: string, ...steps: readonly Step[]): Step[] =>
  steps.map((step) => ({ ...step, on: session }));

/** A line that names a step in reports. */
export function describeStep(step: Step): string {
  const where = step.on ? `[${step.on}] ` : '';
  const short = (text: string | Buffer) => {
    const line = text.toString('utf8').replaceAll(/\s+/g, ' ');
    return line.length <= 160 ? line : `${line.slice(0, 140)}… (${text.length} bytes)`;
  };
  switch (step.kind) {
    case 'query':
      return `${where}${short(step.sql)}`;
    case 'prepare':
      return `${where}prepare ${step.name}: ${short(step.sql)}`;
    case 'command':
      return `${where}command 0x${step.byte.toString(16)} ${short(step.payload)}`;
    case 'disconnect':
      return `${where}disconnect`;
    case 'changeUser':
      return `${where}change user, database ${step.database}`;
    default:
      return `${where}${step.kind} ${step.name}`;
  }
}
