import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import { type Original, type Originals, originalOf } from './original-columns.ts';

/** The originals of the columns of temporary tables. `definitions`: of each input, as its shards send them. */
export function originalsOf(
  inputs: readonly GatherInput[],
  definitions: readonly (readonly Buffer[])[],
): Originals {
  return new Map(
    inputs.flatMap((input, at) => {
      const columns = ofInput(input, definitions[at]!);
      return [input.table, ...(input.copies ?? [])].map((table) => [table, columns] as const);
    }),
  );
}

function ofInput(
  { columns, origin, isComputed }: GatherInput,
  definitions: readonly Buffer[],
): ReadonlyMap<string, Original> {
  const found = new Map<string, Original>();
  for (const [at, { name }] of columns.entries()) {
    const definition = definitions[at]!;
    const defined = originalOf(definition);
    const original =
      defined ?? (origin && { ...unknown, schema: origin.schema, table: origin.table, column: name });
    const whole = isComputed === true ? definition : undefined;
    found.set(name.toLowerCase(), { ...(original ?? unknown), whole, isTable: origin !== undefined });
  }
  return found;
}

const unknown = { schema: '', table: '', column: '', flags: 0 } as const;
