/** A plan that was made for a text of the planner's own, told in the slots and parameters of the client's. */
import { unreachable } from '../../errors/unreachable.ts';
import type { Operand } from '../operands.ts';
import type { QueryPlan, Scatter, Step } from '../plan.ts';
import { isCombined, isRefusal } from '../plan.ts';
import type { Route } from '../route.ts';
import type { Piece, Template } from '../template.ts';

/** The client's slots and parameters, by the text's own numbers. */
export type SlotMap = Readonly<{ slots: readonly number[]; parameters: readonly number[] }>;

/** `text`: the whole text, for a plan that leaves it as it came. */
export function mappedPlan(plan: QueryPlan, text: Template, map: SlotMap): QueryPlan {
  const { groups, scatter } = plan;
  return Object.freeze({
    ...plan,
    groups: groups.map((group) => ({ ...group, route: mappedRoute(group.route, map) })),
    text: mappedTemplate(plan.text ?? text, map),
    scatter: isRefusal(scatter) || isCombined(scatter) ? scatter : mappedScatter(scatter, map),
  });
}

const mappedScatter = (scatter: Scatter, map: SlotMap): Scatter =>
  Object.freeze({
    ...scatter,
    text: mappedTemplate(scatter.text, map),
    steps: scatter.steps.map((step) => mappedStep(step, map)),
  });

function mappedStep(step: Step, map: SlotMap): Step {
  if (step.kind !== 'limit') return step;
  const offset = step.offset === undefined ? undefined : mappedOperand(step.offset, map);
  return { ...step, count: mappedOperand(step.count, map), offset };
}

const mappedTemplate = (template: Template, map: SlotMap): Template =>
  Object.freeze(template.map((piece) => mappedPiece(piece, map)));

function mappedPiece(piece: Piece, map: SlotMap): Piece {
  switch (piece.kind) {
    case 'slot':
      return { ...piece, slot: map.slots[piece.slot]! };
    case 'parameter':
      return { ...piece, index: map.parameters[piece.index]! };
    case 'sum':
      return { ...piece, operands: piece.operands.map((operand) => mappedOperand(operand, map)) };
    case 'text':
    case 'timestamp':
    case 'reduction':
      return piece;
    default:
      return unreachable(piece);
  }
}

function mappedOperand(operand: Operand, map: SlotMap): Operand {
  switch (operand.kind) {
    case 'slot':
    case 'list':
    case 'rows':
      return { ...operand, slot: map.slots[operand.slot]! };
    case 'parameter':
      return { ...operand, index: map.parameters[operand.index]! };
    case 'constant':
    case 'variable':
      return operand;
    default:
      return unreachable(operand);
  }
}

function mappedRoute(route: Route, map: SlotMap): Route {
  const mapped = (operand: Operand | undefined): Operand | undefined =>
    operand === undefined ? undefined : mappedOperand(operand, map);
  switch (route.kind) {
    case 'all':
    case 'keyspaceId':
      return route;
    case 'equal':
    case 'in':
      return { ...route, values: route.values.map((value) => mappedOperand(value, map)) };
    case 'between':
      return { ...route, low: mapped(route.low), high: mapped(route.high) };
    case 'and':
    case 'or':
      return { ...route, parts: route.parts.map((part) => mappedRoute(part, map)) };
    default:
      return unreachable(route);
  }
}
