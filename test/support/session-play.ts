/** Several sessions that take turns: the same script against mysqld and through the router. */
import { expect } from 'vitest';
import { explainPackets, type Result, readResults } from './decode.ts';
import { type Answer, type ConnectOptions, type Endpoint, RawClient } from './raw-client.ts';

/** One turn: which session, and its statement. */
export type Turn = readonly [session: string, sql: string | Buffer];

/** What a turn's answer says, a line per packet. */
export type Played = Readonly<{ turn: string; answer: readonly string[] }>;

export const explained = ({ packets, capabilities, commandByte, closed }: Answer): string[] => [
  ...explainPackets(packets, capabilities, commandByte),
  ...(closed ? ['closed'] : []),
];

/** Plays the turns one after the other; sessions connect at their first. */
export async function play(
  endpoint: Endpoint,
  turns: readonly Turn[],
  options: ConnectOptions = { database: 'main' },
): Promise<Played[]> {
  const sessions = new Map<string, RawClient>();
  const played: Played[] = [];
  try {
    for (const [name, sql] of turns) {
      let session = sessions.get(name);
      if (session === undefined) {
        session = await RawClient.connect(endpoint, options);
        sessions.set(name, session);
      }
      const text = typeof sql === 'string' ? sql : sql.toString('latin1');
      played.push({ turn: `${name}: ${text}`, answer: explained(await session.query(sql)) });
    }
  } finally {
    for (const session of sessions.values()) session.destroy();
  }
  return played;
}

/** The router must answer each turn as mysqld does, but for what `simplified` takes away; only the turns where it does not are shown. */
export async function playSame(
  baseline: Endpoint,
  router: Endpoint,
  turns: readonly Turn[],
  options?: ConnectOptions,
  simplified: (lines: string) => string = (lines) => lines,
): Promise<Played[]> {
  const expected = await play(baseline, turns, options);
  const played = await play(router, turns, options);
  const differences = played.flatMap(({ turn, answer }, at) => {
    const mysqld = expected[at]!.answer;
    // The router knows the number itself and does not ask for the function, which MySQL warns is deprecated.
    const seen = (lines: readonly string[]) =>
      turn.includes('FOUND_ROWS') ? lines.join('\n').replace(/warnings=\d+/, '') : lines.join('\n');
    return simplified(seen(answer)) === simplified(seen(mysqld))
      ? []
      : [{ at, turn, mysqld, router: answer }];
  });
  expect(differences).toEqual([]);
  return expected;
}

/** Each statement as a turn of every session, in order: after each of its statements the others have theirs. */
export const interleaved = (sessions: readonly string[], statements: readonly string[]): Turn[] =>
  statements.flatMap((sql) => sessions.map((session): Turn => [session, sql.replaceAll('$S', session)]));

/** The first result of a statement. */
export async function ask(client: RawClient, sql: string | Buffer): Promise<Result> {
  const answer = await client.query(sql);
  const result = readResults(answer)[0];
  if (result === undefined) throw new Error(`no answer to ${sql} (${answer.closed ? 'closed' : 'open'})`);
  return result;
}

/** The first value of the first row; an error throws. */
export async function value(client: RawClient, sql: string | Buffer): Promise<string | null> {
  const result = await ask(client, sql);
  if (result.error !== undefined) throw new Error(`${sql}: ${result.error.errno} ${result.error.message}`);
  return result.rows[0]?.[0] ?? null;
}

/** Errno and message, or undefined where the statement succeeded. */
export async function refusal(client: RawClient, sql: string | Buffer): Promise<string | undefined> {
  const { error } = await ask(client, sql);
  return error && `${error.errno} (${error.sqlState}) ${error.message}`;
}
