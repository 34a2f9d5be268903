/**
 * Knows which packets a command's answer is made of, and so where it ends.
 * Source: MySQL internals documentation, "Command Phase".
 */
import { capability, command, serverStatus } from '../../src/mysql/protocol.ts';
import { readLenenc } from './bytes.ts';

export type PacketRole =
  | 'ok'
  | 'eof'
  | 'error'
  | 'columnCount'
  | 'column'
  | 'textRow'
  | 'binaryRow'
  | 'prepareOk'
  | 'infile'
  | 'authSwitch'
  | 'authMore'
  | 'text';

type Phase = 'first' | 'columns' | 'columnsEof' | 'rows' | 'fields' | 'prepareDefinitions' | 'done';

const silentCommands = new Set<number>([command.quit, command.stmtClose, command.stmtSendLongData]);
const resultCommands = new Set<number>([command.query, command.stmtExecute, command.processInfo]);

/** True for the commands that are never answered. */
export const isSilent = (commandByte: number): boolean => silentCommands.has(commandByte);

const isEof = (payload: Buffer, limit: number): boolean => payload[0] === 0xfe && payload.length < limit;

export class AnswerTracker {
  readonly #command: number;
  readonly #deprecateEof: boolean;
  #phase: Phase;
  /** Packets still due in the current list of definitions; prepare queues its two lists. */
  #due: number[] = [];
  /** Behind OUT parameters an OK follows, which only the EOF before their row tells. */
  #outParameters = false;

  constructor(commandByte: number, capabilities: number) {
    this.#command = commandByte;
    this.#deprecateEof = (capabilities & capability.deprecateEof) !== 0;
    this.#phase = isSilent(commandByte) ? 'done' : 'first';
    if (commandByte === command.fieldList) this.#phase = 'fields';
    if (commandByte === command.stmtFetch) this.#phase = 'rows';
  }

  get done(): boolean {
    return this.#phase === 'done';
  }

  /** Takes the next payload (continued packets joined) and says what it is. */
  take(payload: Buffer): PacketRole {
    if (payload[0] === 0xff) {
      this.#phase = 'done';
      return 'error';
    }
    switch (this.#phase) {
      case 'first':
        return this.#takeFirst(payload);
      case 'columns':
        return this.#takeColumn();
      case 'columnsEof':
        // A server-side cursor sends no rows here: they come by COM_STMT_FETCH.
        this.#phase = this.#hasFlag(payload, serverStatus.cursorExists) ? 'done' : 'rows';
        this.#outParameters = this.#hasFlag(payload, serverStatus.psOutParams);
        return 'eof';
      case 'rows':
        return this.#takeRow(payload);
      case 'fields':
        if (!isEof(payload, 0xff_ff_ff)) return 'column';
        this.#phase = 'done';
        return 'eof';
      case 'prepareDefinitions':
        return this.#takePrepareDefinition(payload);
      case 'done':
        throw new Error(`a packet came after the answer's end: ${payload.toString('hex', 0, 40)}`);
    }
  }

  #takeFirst(payload: Buffer): PacketRole {
    if (this.#command === command.stmtPrepare) return this.#takePrepareOk(payload);
    if (this.#command === command.statistics) {
      this.#phase = 'done';
      return 'text';
    }
    if (this.#command === command.changeUser) return this.#takeAuth(payload);
    if (!resultCommands.has(this.#command)) {
      this.#phase = 'done';
      return isEof(payload, 9) ? 'eof' : 'ok';
    }
    if (payload[0] === 0x00) {
      this.#endResult(payload);
      return 'ok';
    }
    if (payload[0] === 0xfb) return 'infile';
    this.#due = [readLenenc(payload, 0).value ?? 0];
    this.#phase = 'columns';
    return 'columnCount';
  }

  #takeAuth(payload: Buffer): PacketRole {
    if (payload[0] === 0xfe) return 'authSwitch';
    if (payload[0] === 0x01) return 'authMore';
    this.#phase = 'done';
    return 'ok';
  }

  #takeColumn(): PacketRole {
    this.#due[0]! -= 1;
    if (this.#due[0] === 0) this.#phase = this.#deprecateEof ? 'rows' : 'columnsEof';
    return 'column';
  }

  #takeRow(payload: Buffer): PacketRole {
    if (!isEof(payload, this.#deprecateEof ? 0xff_ff_ff : 9)) {
      return this.#command === command.stmtExecute || this.#command === command.stmtFetch
        ? 'binaryRow'
        : 'textRow';
    }
    this.#endResult(payload);
    return 'eof';
  }

  #takePrepareOk(payload: Buffer): PacketRole {
    const columns = payload.readUInt16LE(5);
    const parameters = payload.readUInt16LE(7);
    this.#due = [parameters, columns].filter((count) => count > 0);
    this.#phase = this.#due.length === 0 ? 'done' : 'prepareDefinitions';
    return 'prepareOk';
  }

  #takePrepareDefinition(payload: Buffer): PacketRole {
    const ended = this.#due[0] === 0;
    if (ended && isEof(payload, 9)) {
      this.#nextDefinitions();
      return 'eof';
    }
    this.#due[0]! -= 1;
    if (this.#due[0] === 0 && this.#deprecateEof) this.#nextDefinitions();
    return 'column';
  }

  #nextDefinitions(): void {
    this.#due.shift();
    if (this.#due.length === 0) this.#phase = 'done';
  }

  #endResult(payload: Buffer): void {
    const isFollowed = this.#outParameters || this.#hasFlag(payload, serverStatus.moreResultsExist);
    this.#outParameters = false;
    this.#phase = isFollowed && this.#command !== command.stmtFetch ? 'first' : 'done';
  }

  #hasFlag(payload: Buffer, flag: number): boolean {
    return (statusOf(payload, this.#deprecateEof) & flag) !== 0;
  }
}

/** The status flags of an OK packet (either header) or of a classic EOF packet. */
export function statusOf(payload: Buffer, deprecateEof: boolean): number {
  if (payload[0] === 0xfe && !deprecateEof) return payload.readUInt16LE(3);
  const affected = readLenenc(payload, 1);
  const insertId = readLenenc(payload, affected.next);
  return payload.readUInt16LE(insertId.next);
}
