import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import { type Original, type Originals, originalOf, titleKey } from './original-columns.ts';

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
  { columns, origin, isComputed, titles = {} }: GatherInput,
  definitions: readonly Buffer[],
): ReadonlyMap<string, Original> {
  const found = new Map<string, Original>();
  for (const [at, { name, of, isValue }] of columns.entries()) {
    const definition = definitions[at]!;
    if (isValue) {
      const computedBy = origin?.aliases ?? [];
      found.set(name.toLowerCase(), { ...unknown, whole: undefined, isTable: true, computedBy });
      continue;
    }
    const defined = originalOf(definition);
    const told = of ?? (origin && { schema: origin.schema, table: origin.table, column: name });
    const original = { ...unknown, ...(defined ?? told) };
    const whole = isComputed === true ? definition : undefined;
    const alias = of === undefined ? {} : { alias: of.alias };
    found.set(name.toLowerCase(), { ...original, ...alias, whole, isTable: told !== undefined });
  }
  for (const [title, name] of Object.entries(titles))
    found.set(titleKey(title), found.get(name.toLowerCase())!);
  return found;
}

const unknown = { schema: '', table: '', alias: '', column: '', flags: 0 } as const;
