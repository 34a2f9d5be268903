import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { LiteralValue } from './literal-value.ts';

/** A constant as a vindex gets it when no column says how it is stored; undefined for one that only MySQL can compute. */
export function vindexInput(literal: LiteralValue): VindexValue | undefined {
  switch (literal.kind) {
    case 'null':
      return { kind: 'null' };
    case 'integer': {
      const kind = literal.value > 2n ** 63n - 1n ? 'unsigned' : 'integer';
      return { kind, bytes: Buffer.from(String(literal.value)) };
    }
    case 'decimal':
    case 'float':
      return { kind: literal.kind, bytes: Buffer.from(literal.text) };
    case 'string':
      return { kind: literal.charset === 'binary' ? 'binary' : 'text', bytes: literal.bytes };
    case 'binary':
      return { kind: 'binary', bytes: literal.bytes };
    case 'temporal':
      return { kind: 'text', bytes: Buffer.from(literal.text) };
    case 'computed':
      return undefined;
  }
}
