/** `docs/errors.md`, written from the catalogue. Pure: `scripts/generate-docs.ts` writes the file. */
import { catalogue } from './catalogue.ts';

const HEAD = `# Errors

<!-- Written by \`npm run docs\` from src/errors/catalogue.ts. -->

Errors of MySQL reach the client as the tablet sent them: number, state and text. The errors below are raised by Headgate
itself. Where MySQL has an error for the case, it is used with its number and state (\`ER_…\`); errors that only Headgate
knows (\`HG_…\`) have numbers from 9100, which MySQL leaves free. The text behind the message says what was wrong and where.
Programs should look at number and state; texts may change.

*Retryable*: the same statement (or transaction) may be sent again as it is: nothing of it was applied.
`;

/** The whole of `docs/errors.md`. */
export function errorsPage(): string {
  const entries = Object.entries(catalogue).sort(([, a], [, b]) => a.errno - b.errno);
  const rows = entries.map(
    ([name, { errno, sqlState, retryable, message, advice }]) =>
      `| ${errno} | ${sqlState} | \`${name}\` | ${cell(message)} | ${retryable ? 'yes' : 'no'} | ${cell(advice)} |`,
  );
  return `${HEAD}
| number | state | name | message | retryable | what to do |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
