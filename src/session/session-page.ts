/** `docs/session.md`, written from the table of system variables. Pure: `scripts/generate-docs.ts` writes the file. */
import { variablesOf } from './system-variables.ts';
import { vitessSettings } from './vitess-settings.ts';

const names = (kind: Parameters<typeof variablesOf>[0]): string =>
  variablesOf(kind)
    .map((name) => `\`${name}\``)
    .join(', ');

/** The whole of `docs/session.md`. */
export function sessionPage(): string {
  return `# What belongs to a session

<!-- Written by \`npm run docs\` from src/session/system-variables.ts and src/session/session-page.ts. -->

A client's session is the router's. What it sets goes with it from one tablet's connection to the next, and no other session sees it.

## System variables

\`SET\` runs on a tablet as it was written. A value that MySQL refuses is refused at once, with MySQL's error; an assignment of several is
all or nothing where MySQL is. Forms: \`SET x\`, \`SET SESSION x\`, \`SET LOCAL x\`, \`SET @@session.x\`, \`:=\`, \`DEFAULT\`, expressions and
subqueries; \`SET NAMES\`, \`SET CHARACTER SET\`, \`SET TRANSACTION\`. \`SELECT @@x\` gives the session's value.

| class | what \`SET\` does | variables |
|---|---|---|
| own | The router follows it beside the tablets. | ${names('own')} |
| carried | Goes with the session: each connection that it gets has the value. Sessions with the same settings share connections. | ${names('carried')} |
| kept | The session keeps its connection until it ends or is reset, since the value, or what follows from it, is there alone. | ${names('kept')} |
| of a server | MySQL's 1229. \`SET GLOBAL\`, \`SET PERSIST\` and \`SET PERSIST_ONLY\` are refused with 9301: they would change one server of many. Set them on the tablets. | ${names('server')} |
| read only | MySQL's 1238 (1621 for those that can only be changed for a whole server). | ${names('readOnly')} |

Variables of plugins and components stand in no class: such a \`SET\` is passed on, and the session keeps its connection.

Over several shards:

- \`sql_select_limit\` counts for all rows together, whatever the shards have to send for them.
- \`max_sort_length\` refuses statements over several shards (9101), since the router compares whole values.
- \`timestamp\` is the moment of a statement on every shard.
- \`SET TRANSACTION\` without SESSION is told to each shard before it takes part in the next transaction.

## Variables of Vitess

Clients of VTGate set them; the router keeps them. \`SELECT @@x\` (as text) gives them as items of a select list. A \`SET\` of one has nothing but
constants. Anything else is refused with 1235 and the reason.

| variable | |
|---|---|
${vitessSettings.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join('\n')}

## Other forms of SET

| form | |
|---|---|
| \`SET @x = …\` | [user variables](#user-variables) |
| \`SET PASSWORD\` for the session's own user | refused with 1235: users stand in the router's users file |
| \`SET PASSWORD FOR …\`, \`SET DEFAULT ROLE\` | passed on, to one tablet |
| \`SET ROLE\` | passed on; the session keeps its connection |
| \`SET RESOURCE GROUP\` | refused with 1235: the threads of tablets serve many sessions in turn |

## Session tracking

Clients with SESSION_TRACK get the blocks of the tablet's OK packets as they are: schema, system variables, state change, transactions, GTIDs, as the
session's \`session_track_…\` variables say. Answers of the router's own (\`USE\`, \`BEGIN\`, \`PREPARE\` …) have the same blocks as MySQL's; only \`USE\` tells
of no \`character_set_database\`. OK packets of writes over several shards have none.

## User variables

\`SET @x\`, \`SELECT @x := …\`, \`SELECT … INTO @x\`, \`GET DIAGNOSTICS @x\` and the like: the values go with the session, exact in type, sign, character
set and collation. They may stand anywhere in statements over shards, also for the value of a vindex column; a statement over several shards
cannot set them. A session keeps its connection instead (\`userVariables\`) for names beyond letters, digits, \`_\`, \`.\` and \`$\`; for
values that take more than \`session.userVariableBytesMax\` together; and for variables that triggers or functions may have set, where
\`performance_schema\` does not show them.
`;
}
