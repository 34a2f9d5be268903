import { HeadgateError } from '../../errors/headgate-error.ts';

/** What one statement's operators may keep in memory together; all of them count on the same one. */
export class MemoryBudget {
  readonly bytesMax: number;
  usedBytes = 0;

  /** `bytesMax`: the configuration key `engine.statementBytesMax`. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Throws HG_STATEMENT_MEMORY when there is not so much left. */
  take(bytes: number): void {
    this.usedBytes += bytes;
    if (this.usedBytes <= this.bytesMax) return;
    throw new HeadgateError('HG_STATEMENT_MEMORY', {
      detail: `sorting, grouping or joining takes more than ${this.bytesMax} bytes (engine.statementBytesMax)`,
    });
  }

  release(bytes: number): void {
    this.usedBytes -= bytes;
  }
}
