import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDefinitions } from './definitions.ts';

test('a VSchema is refused with every error that it has', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-definitions-'));
  try {
    const file = join(folder, 'user.json');
    const { vschemaOf } = findDefinitions(folder, undefined);
    expect(vschemaOf('user')).toBeUndefined();
    const vschema = {
      sharded: true,
      vindexes: { v: { type: 'hsh' } },
      tables: { t: { pinned: '00', odd: 1 } },
    };
    writeFileSync(file, JSON.stringify(vschema));
    expect(() => vschemaOf('user')).toThrow(
      `${file}: vindexes.v.type "hsh" is no vindex type; did you mean hash?`,
    );
    writeFileSync(file, JSON.stringify({ ...vschema, vindexes: {} }));
    expect(vschemaOf('user')).toEqual({ ...vschema, vindexes: {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
