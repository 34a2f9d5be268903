import { HeadgateError } from '../errors/headgate-error.ts';
import type { ServerError } from '../wire/err-packet.ts';

/** A tablet's own refusal of something that the router asked on a session's behalf: relayed to the client as it is. */
export class TabletRefusal extends Error {
  readonly answer: ServerError;

  constructor(answer: ServerError) {
    super(answer.message);
    this.answer = answer;
  }
}

/** What was thrown as the error that a client gets; undefined for mistakes of the router's own. */
export function toServerError(error: unknown): ServerError | undefined {
  if (error instanceof HeadgateError) return error;
  return error instanceof TabletRefusal ? error.answer : undefined;
}
