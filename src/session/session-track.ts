/** Session state blocks of OK packets that the router makes itself, as the session's session_track_… variables want them. */
import { sessionTrack } from '../mysql/protocol.ts';
import { lenencInteger, lenencString } from '../wire/lenenc.ts';
import type { SessionState } from './session-state.ts';
import { databaseOf, type Target } from './target.ts';

const nothing = Buffer.alloc(0);

/** `1`: something of the session has changed. */
const stateChanged = Buffer.concat([Buffer.from([sessionTrack.stateChange]), lenencString('1')]);

/** The block by which clients learn of a change of database. */
export function schemaState(target: Target): Buffer {
  const schema = lenencString(databaseOf(target));
  return Buffer.concat([Buffer.from([sessionTrack.schema]), lenencInteger(schema.length), schema]);
}

/** After USE. */
export const databaseChanged = (state: SessionState): Buffer =>
  Buffer.concat([
    state.isOn('session_track_schema', true) ? schemaState(state.target) : nothing,
    somethingChanged(state).sessionState ?? nothing,
  ]);

/** After a statement that changed the session without a database or a variable of its own. */
export const somethingChanged = (state: SessionState): Readonly<{ sessionState?: Buffer }> =>
  state.isOn('session_track_state_change', false) ? { sessionState: stateChanged } : {};
