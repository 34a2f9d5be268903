/**
 * Session variables of Vitess, which clients of VTGate set: kept by the router, since no tablet knows them. What Headgate does
 * not do is refused when it is asked for.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability } from '../mysql/protocol.ts';
import { valueText } from './settings.ts';

type Kind = 'word' | 'boolean' | 'milliseconds' | 'text';

type Setting = Readonly<{
  kind: Kind;
  /** As SELECT @@name gives it before it is set. */
  byDefault: string;
  /** Of words: those that there are. */
  words?: readonly string[];
  /** Why a value is refused; undefined where it is not. */
  refusal?: (value: string) => string | undefined;
  /** For the documentation. */
  meaning: string;
}>;

const only =
  (accepted: readonly string[], why: string) =>
  (value: string): string | undefined =>
    accepted.includes(value.toLowerCase()) ? undefined : why;

const settings: Readonly<Record<string, Setting>> = {
  workload: {
    kind: 'word',
    byDefault: 'OLTP',
    words: ['UNSPECIFIED', 'OLTP', 'OLAP', 'DBA'],
    meaning: 'no effect: every result is streamed, of any size',
  },
  transaction_mode: {
    kind: 'word',
    byDefault: 'MULTI',
    words: ['UNSPECIFIED', 'SINGLE', 'MULTI', 'TWOPC'],
    refusal: (value) => (value === 'TWOPC' ? 'there is no two-phase commit yet' : undefined),
    meaning: '`SINGLE`: a transaction, or a statement that writes, on a second shard is refused (9127)',
  },
  skip_query_plan_cache: {
    kind: 'boolean',
    byDefault: '0',
    meaning: 'no effect: a plan from the cache is the plan that would be made',
  },
  ddl_strategy: {
    kind: 'text',
    byDefault: '',
    refusal: only(['', 'direct'], 'there are no online migrations; definitions run directly'),
    meaning: '`direct` only',
  },
  migration_context: { kind: 'text', byDefault: '', meaning: 'no effect without online migrations' },
  query_timeout: {
    kind: 'milliseconds',
    byDefault: '0',
    meaning: 'a command that takes longer is interrupted (1317); 0: no limit',
  },
  transaction_timeout: {
    kind: 'milliseconds',
    byDefault: '0',
    refusal: only(['0'], 'transactions are not ended by their age'),
    meaning: '0 only',
  },
  session_uuid: { kind: 'text', byDefault: '', meaning: 'kept and shown, no effect' },
  client_found_rows: {
    kind: 'boolean',
    byDefault: '0',
    meaning: 'counts of UPDATE are those of the rows found, as with the flag of the same name at login',
  },
  enable_system_settings: {
    kind: 'boolean',
    byDefault: '1',
    refusal: only(['1'], 'what a session sets always has effect'),
    meaning: 'on only',
  },
  read_after_write_gtid: {
    kind: 'text',
    byDefault: '',
    refusal: only([''], 'reads do not wait for replicas'),
    meaning: 'empty only',
  },
  read_after_write_timeout: {
    kind: 'milliseconds',
    byDefault: '0',
    meaning: 'no effect without `read_after_write_gtid`',
  },
};

export const isVitessSetting = (name: string): boolean => Object.hasOwn(settings, name);

/** Names with what they mean, for the documentation. */
export const vitessSettings: readonly (readonly [name: string, meaning: string])[] = Object.entries(
  settings,
).map(([name, { meaning }]) => [name, meaning]);

/** The value as it is kept; undefined: DEFAULT. Raises ER_WRONG_VALUE_FOR_VAR, ER_WRONG_TYPE_FOR_VAR or ER_NOT_SUPPORTED_YET. */
export function vitessValue(name: string, value: string | undefined): string {
  const { kind, byDefault, words, refusal } = settings[name]!;
  if (value === undefined) return byDefault;
  const read = readValue(kind, value, words);
  if (read === undefined) {
    if (kind === 'milliseconds')
      throw new HeadgateError('ER_WRONG_TYPE_FOR_VAR', {
        message: `Incorrect argument type to variable '${name}'`,
      });
    throw new HeadgateError('ER_WRONG_VALUE_FOR_VAR', {
      message: `Variable '${name}' can't be set to the value of '${value}'`,
    });
  }
  const why = refusal?.(read);
  if (why !== undefined)
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `Headgate does not support ${name} = '${value}': ${why}`,
    });
  return read;
}

function readValue(kind: Kind, value: string, words: readonly string[] = []): string | undefined {
  const upper = value.toUpperCase();
  switch (kind) {
    case 'word':
      return words.includes(upper) ? upper : undefined;
    case 'boolean':
      if (['1', 'ON', 'TRUE'].includes(upper)) return '1';
      return ['0', 'OFF', 'FALSE'].includes(upper) ? '0' : undefined;
    case 'milliseconds':
      return /^\d{1,9}$/.test(value) ? String(Number(value)) : undefined;
    case 'text':
      return value;
  }
}

/** The values of one session. */
export class VitessSettings {
  readonly #values = new Map<string, string>();
  /** 0: none. */
  queryTimeoutMs = 0;
  isSingleShard = false;

  /** `value` as `vitessValue` gives it. */
  set(name: string, value: string): void {
    this.#values.set(name, value);
    if (name === 'query_timeout') this.queryTimeoutMs = Number(value);
    if (name === 'transaction_mode') this.isSingleShard = value === 'SINGLE';
  }

  /** The value as an expression; undefined for other variables. */
  sqlOf(name: string): string | undefined {
    if (!isVitessSetting(name)) return undefined;
    const { kind, byDefault } = settings[name]!;
    const value = this.#values.get(name) ?? byDefault;
    return kind === 'boolean' || kind === 'milliseconds'
      ? value
      : valueText(value === '' ? null : value).replace('NULL', "''");
  }

  /** The client's capabilities, or what it has made of them. */
  capabilities(ofLogin: number): number {
    const foundRows = this.#values.get('client_found_rows');
    if (foundRows === undefined) return ofLogin;
    return foundRows === '1' ? ofLogin | capability.foundRows : ofLogin & ~capability.foundRows;
  }

  clear(): void {
    this.#values.clear();
    this.queryTimeoutMs = 0;
    this.isSingleShard = false;
  }
}
