/**
 * What the executions of a prepared statement have in common: its plan, and where it leads. It holds as long as the objects from which it
 * was made are the very same: topology (and with it VSchema and routing rules), tables, the session's target and how it reads values.
 */
import { type DirectRoute, directRoute, directShard } from '../planner/direct-route.ts';
import type { ValueContext } from '../planner/literal-value.ts';
import { Operands } from '../planner/operands.ts';
import { keyspacesOf, type Plan } from '../planner/plan.ts';
import type { ShardMap } from '../planner/shard-map.ts';
import type { Template } from '../planner/template.ts';
import type { KeyspaceSchema } from '../schema/schema.ts';
import type { SlotTable } from '../sql/literals-found.ts';
import type { Topology } from '../topology/topology.ts';
import { BoundParameters, integerSign } from './bound-parameters.ts';
import type { ClientStatement, TabletText } from './client-statement.ts';
import { placeAt } from './planned.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';
import type { Target } from './target.ts';

/** Where an integer's bytes are made its keyspace id: used up before anything else runs. */
const block = Buffer.alloc(8);

type Facts = Readonly<{
  topology: Topology | undefined;
  target: Target;
  context: ValueContext;
  schemas: readonly Readonly<{ keyspace: string; schema: KeyspaceSchema | undefined }>[];
}>;

/** A statement that needs no plan. */
export type KeptPlace = Facts & Readonly<{ kind: 'place'; place: Place }>;

/** A planned one. */
export type KeptRoute = Facts &
  Readonly<{
    kind: 'plan';
    plan: Plan;
    map: ShardMap;
    /** Of the execution in progress. */
    parameters: BoundParameters;
    operands: Operands;
    direct: DirectRoute | undefined;
    /** By the shard's position; filled as they are needed. */
    places: (Place | undefined)[];
    texts: KeptTexts;
  }>;

export type KeptPlan = KeptPlace | KeptRoute;

/** Texts of the router's own for tablets, once they have been made. */
export type KeptTexts = {
  /** For one shard; the client's own where it need not be changed. */
  single: TabletText | undefined;
  /** For several. */
  scatter: Readonly<{ text: TabletText; markers: readonly number[]; template: Template }> | undefined;
};

const factsOf = ({ services, state }: Session, keyspaces: readonly string[]): Facts => ({
  topology: services.gateway.topology,
  target: state.target,
  context: state.valueContext,
  schemas: keyspaces.map((keyspace) => ({ keyspace, schema: services.gateway.schema(keyspace) })),
});

export const keepPlace = (session: Session, place: Place): KeptPlace => ({
  kind: 'place',
  place,
  ...factsOf(session, []),
});

/** `slots`: a copy of the literals in the statement's text. */
export function keepPlan(
  session: Session,
  statement: ClientStatement,
  plan: Plan,
  slots: SlotTable | undefined,
): KeptRoute {
  const facts = factsOf(session, keyspacesOf(plan));
  const parameters = new BoundParameters(statement.parameterCount);
  const isRouted = plan.kind === 'query' || plan.kind === 'change';
  return {
    kind: 'plan',
    ...facts,
    plan,
    map: session.services.plans.shardMap(plan.keyspace),
    parameters,
    operands: new Operands(statement.text, statement.mode, slots, parameters, facts.context),
    direct: isRouted ? directRoute(plan.groups) : undefined,
    places: [],
    texts: {
      single: isRouted && plan.text === undefined ? statement.own : undefined,
      scatter: undefined,
    },
  };
}

/** Whether nothing has changed since. */
export function stillHolds({ services, state, schemaChanging }: Session, kept: KeptPlan): boolean {
  const { gateway } = services;
  return (
    schemaChanging === undefined &&
    kept.topology === gateway.topology &&
    kept.target === state.target &&
    kept.context === state.valueContext &&
    kept.schemas.every(({ keyspace, schema }) => schema === gateway.schema(keyspace))
  );
}

/** The shard's position by an integer of the packet alone; -1 where the plan's route has to be resolved. */
export function shardByInteger({ direct, parameters, map }: KeptRoute): number {
  if (direct === undefined) return -1;
  const sign = parameters.integerInto(block, direct.parameter);
  if (sign === integerSign.none) return -1;
  return directShard(direct, block, sign === integerSign.negative, sign === integerSign.aboveSigned, map);
}

/** The place of a shard. Raises HG_NO_TABLET. */
export function keptPlaceAt(session: Session, kept: KeptRoute, at: number): Place {
  const known = kept.places[at];
  if (known !== undefined) return known;
  const place = placeAt(session, kept.plan.keyspace, kept.map, at);
  kept.places[at] = place;
  return place;
}
