import type { ServerError } from '../wire/err-packet.ts';

/** A tablet's own refusal of something that the router asked on a session's behalf: relayed to the client as it is. */
export class TabletRefusal extends Error {
  readonly answer: ServerError;

  constructor(answer: ServerError) {
    super(answer.message);
    this.answer = answer;
  }
}
