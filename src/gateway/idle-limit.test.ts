import { expect, test } from 'vitest';
import { capability } from '../mysql/protocol.ts';
import { connectionNeed } from './connection-need.ts';
import { idleMsOf } from './idle-limit.ts';

const facts = (waitSeconds: number, interactiveSeconds: number) => ({
  version: '9.7.4',
  sqlMode: '',
  serverUuid: '',
  statementsMax: 1,
  timeouts: { waitSeconds, interactiveSeconds, readSeconds: 30, writeSeconds: 60 },
});
const need = (capabilities: number, ...settings: string[]) =>
  connectionNeed({ capabilities, collationId: 255, database: '', settings });

test.each([
  ['the limit of the pool', need(0), facts(28_800, 28_800), 60_000],
  ["before the server's", need(0), facts(20, 28_800), 10_000],
  ['of interactive connections, theirs', need(capability.interactive), facts(28_800, 4), 2_000],
  ["before the session's own", need(0, '@@session.wait_timeout=6'), facts(28_800, 4), 3_000],
  [
    'the last one that was set',
    need(0, '@@session.wait_timeout=6', '@@session.wait_timeout=DEFAULT'),
    facts(2, 2),
    60_000,
  ],
  ['nothing known', undefined, undefined, 60_000],
])('%s', (_what, each, known, expected) => expect(idleMsOf(each, known, 60_000)).toBe(expected));
