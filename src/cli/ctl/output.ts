/** How `headgate ctl` answers: one JSON value for scripts, or tables and sentences for people. */

/** Columns under their titles, as wide as they need to be. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd();
  return [titles, ...rows].map(line).join('\n');
}

/** Prints the value as JSON, or the text. */
export function answer(json: boolean, value: unknown, text: string): void {
  console.log(json ? JSON.stringify(value) : text);
}

/** A table with `none` in its place where there are no rows. */
export const tableOr = (
  none: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string => (rows.length === 0 ? none : table(titles, rows));
