/** EXECUTE of queries over information_schema. Parameters can say which keyspace is meant, so each execution goes its own way. */
import { concatenate } from '../../engine/operators/concatenate.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import { command } from '../../mysql/protocol.ts';
import type { LiteralValue } from '../../planner/literal-value.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { commandPacket } from '../../wire/packets.ts';
import { type BoundParameter, BoundParameters } from '../bound-parameters.ts';
import type { ClientStatement } from '../client-statement.ts';
import { executeContent } from '../execute-values.ts';
import { sendAhead } from '../long-data.ts';
import { executeMade } from '../made-statement.ts';
import { isPlanned } from '../planned.ts';
import { executePlanned, type TabletStatements } from '../planned-execute.ts';
import { scatterRead } from '../scatter-read.ts';
import type { Session } from '../session.ts';
import type { Place } from '../statement-place.ts';
import { prepareOnTablet } from '../tablet-prepare.ts';
import type { Target } from '../target.ts';
import { answerTo, mixesMetadata, withMetadata } from './metadata-query.ts';

/** Runs the EXECUTE in `statement.packet`, whose text `readsMetadata`. */
export function executeMetadata(
  session: Session,
  statement: ClientStatement,
  target: Target,
  tablets: TabletStatements,
): Promise<unknown> | undefined {
  const { text, scan, mode, packet, types, parameterCount } = statement;
  const parameters = new BoundParameters(parameterCount);
  parameters.read(packet, types, session.state.valueContext.charset, statement.longData);
  const bound = parameters.all();
  const parameter = (index: number) => {
    const value = bound[index]?.value;
    return value === undefined ? undefined : textOf(value);
  };
  const question = { text, scan, mode, target, parameter };
  if (mixesMetadata(scan, target)) {
    const made = withMetadata(session, question) ?? Promise.resolve(undefined);
    return made.then((own) => {
      if (own !== undefined) return executeMade(session, statement, own, target, parameters);
      return isPlanned(session, scan, target)
        ? executePlanned(session, statement, target, tablets)
        : tablets.executeAt(statement);
    });
  }
  const answered = answerTo(session, question);
  if (answered === undefined) return tablets.executeAt(statement);
  return answered.then((answer) =>
    answer.text === undefined
      ? tablets.executeAt(statement, answer.place)
      : executeText(session, scan, { ...answer, text: answer.text }, bound),
  );
}

function textOf(value: LiteralValue): string | null | undefined {
  switch (value.kind) {
    case 'null':
      return null;
    case 'string':
    case 'binary':
      return value.bytes.toString('latin1');
    case 'integer':
      return String(value.value);
    default:
      return undefined;
  }
}

/** Runs a text of the router's own once, with the client's parameters, in the binary protocol. */
export async function executeText(
  session: Session,
  scan: StatementScan,
  { place, text }: Readonly<{ place: Place; text: Buffer }>,
  bound: readonly BoundParameter[],
): Promise<void> {
  const question = {
    place,
    packet: async (connection: BackendConnection) => {
      const { statementId } = await demand(prepareOnTablet(session, connection, text));
      sendAhead(connection, statementId, bound);
      return commandPacket(command.stmtExecute, executeContent(statementId, bound));
    },
    // It is as long as the rows in it: nobody else will want it.
    after: (connection: BackendConnection, sent: Buffer) =>
      connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9))),
  };
  await scatterRead(session, scan, { questions: [question], original: undefined }, (shards) =>
    concatenate(shards, 'binary'),
  );
}
