/** Brings the generated numbers of all servers to the same next one: a case that fails may use up more on one than on another. */
import type { Player } from './play.ts';

/** Tables with generated numbers, and a row for each that takes nothing but the next. */
const numbered = [
  { insert: 'INSERT INTO w_auto (id) VALUES ', row: '(NULL)' },
  { insert: 'INSERT INTO w_child (cid, id) VALUES ', row: '(1, NULL)' },
] as const;

/** The rows that this leaves go when the tables are restored. A server that refuses to insert stays as it is. */
export async function alignNumbers(players: readonly Player[]): Promise<void> {
  for (const { insert, row } of numbered) {
    const numbers = await Promise.all(players.map((player) => player.insertId(insert + row)));
    const highest = Math.max(...numbers.map((number) => number ?? 0));
    await Promise.all(
      players.map(async (player, at) => {
        const missing = highest - (numbers[at] ?? highest);
        if (missing > 0)
          await player.insertId(insert + Array.from({ length: missing }, () => row).join(', '));
      }),
    );
  }
}
