/** What differs between a client's checks on mysqld and on Headgate, and which of that is known. */
import { type KnownDifference, knownDifferences } from './known.ts';
import type { Findings, Outcome } from './play.ts';
import type { Place } from './stage.ts';

/** A check that gave something else than on mysqld. `known` says why, unless nobody knows. */
export type Difference = Readonly<{
  place: Place;
  check: string;
  baseline: Outcome | undefined;
  found: Outcome | undefined;
  known: KnownDifference | undefined;
}>;

const same = (one: Outcome | undefined, other: Outcome | undefined): boolean =>
  one?.outcome === other?.outcome && one?.value === other?.value;

const explanation = (client: string, place: Place, check: string, found: Outcome | undefined) =>
  knownDifferences.find(
    (each) =>
      each.places.includes(place) &&
      (each.client === undefined || each.client.test(client)) &&
      each.check.test(check) &&
      each.value.test(found?.value ?? ''),
  );

/** The checks of one place that are not as on mysqld, in the program's order. */
export function differences(
  client: string,
  place: Place,
  baseline: Findings,
  found: Findings,
): readonly Difference[] {
  return [...new Set([...baseline.keys(), ...found.keys()])]
    .filter((check) => !same(baseline.get(check), found.get(check)))
    .map((check) => ({
      place,
      check,
      baseline: baseline.get(check),
      found: found.get(check),
      known: explanation(client, place, check, found.get(check)),
    }));
}

/** Both values from shortly before where they part, for a person to read. */
export function parting({ baseline, found }: Difference): string {
  const [one, other] = [baseline?.value ?? '', found?.value ?? ''];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const from = Math.max(0, at - 60);
  const show = (outcome: Outcome | undefined, value: string): string =>
    `${outcome?.outcome ?? 'no such check'} ${from > 0 ? '…' : ''}${value.slice(from, at + 240)}`;
  return `- ${show(baseline, one)}\n+ ${show(found, other)}`;
}
