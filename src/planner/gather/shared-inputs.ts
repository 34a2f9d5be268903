/**
 * Inputs with the same rows, read once: of a common table that is referred to twice, of a table that is joined with itself. What a LIMIT without
 * an order chose is the same for all of them, too.
 */
import type { Template } from '../template.ts';
import type { GatherInput } from './gather-plan.ts';
import type { InputDraft } from './joined-draft.ts';
import { quoted } from './source-text.ts';

/** The inputs of the drafts, those that are copies of others put to these. */
export function sharedInputs(drafts: ReadonlyMap<GatherInput, InputDraft>): Map<GatherInput, InputDraft> {
  const places: number[] = [];
  const shared: { input: GatherInput; draft: InputDraft; copies: GatherInput[] }[] = [];
  const known = new Map<string, number>();
  for (const [input, draft] of drafts) {
    const reductions = input.reductions.map((reduction) => ({ ...reduction, from: places[reduction.from]! }));
    const moved = { ...input, reductions };
    const key = signatureOf(moved, draft);
    const at = known.get(key) ?? shared.length;
    places.push(at);
    if (at < shared.length) shared[at]!.copies.push(moved);
    else shared.push({ input: moved, draft, copies: [] });
    known.set(key, at);
  }
  return new Map(shared.map(({ input, draft, copies }) => [withCopies(input, copies), draft]));
}

function withCopies(input: GatherInput, copies: readonly GatherInput[]): GatherInput {
  if (copies.length === 0) return Object.freeze(input);
  const keys = new Map(
    [input, ...copies].flatMap(({ keys: own }) => own.map((key) => [key.join(), key] as const)),
  );
  const aliases = [input, ...copies].flatMap(({ origin }) => origin?.aliases ?? []);
  return Object.freeze({
    ...input,
    keys: [...keys.values()],
    copies: copies.map(({ table }) => table),
    origin: input.origin && { ...input.origin, aliases },
  });
}

/** Equal for inputs of the same rows in the same columns, whatever the text calls the table. */
function signatureOf(
  { plan, columns, reductions, isComputed }: GatherInput,
  { drafts, joined }: InputDraft,
): string {
  const { alias, whole } = drafts[0]!;
  const name = whole === undefined && joined === undefined ? ` AS ${quoted(alias)}` : '';
  const lists = reductions.map(({ from, fromColumn, column }) => [from, fromColumn, column]);
  return JSON.stringify([plan.keyspace, textOf(plan.text ?? [], name), columns, lists, isComputed === true]);
}

const textOf = (template: Template, without: string): unknown[] =>
  template.map((piece) =>
    piece.kind === 'text'
      ? piece.bytes.toString('latin1').replace(Buffer.from(without).toString('latin1'), '')
      : piece,
  );
