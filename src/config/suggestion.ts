/** "Did you mean …" for names that do not exist. */
import { distance } from 'fastest-levenshtein';

const plain = (name: string): string => name.replace(/[-_]/g, '').toLowerCase();
const lastPart = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/**
 * `: did you mean X?`, or nothing where no candidate is near. A right name in the wrong group (`port` at the top, when
 * only one group has it) counts as near.
 */
export function suggestion(name: string, candidates: readonly string[], distanceMax?: number): string {
  const wanted = plain(name);
  const allowed = distanceMax ?? Math.max(2, Math.floor(wanted.length / 3));
  const spelling = candidates.find((candidate) => plain(candidate) === wanted);
  if (spelling !== undefined) return `; did you mean ${spelling}?`;
  const namesakes = candidates.filter((candidate) => plain(lastPart(candidate)) === plain(lastPart(name)));
  if (namesakes.length === 1) return `; did you mean ${namesakes[0]}?`;
  let nearest = '';
  let nearestDistance = allowed + 1;
  for (const candidate of candidates) {
    const found = distance(wanted, plain(candidate));
    if (found < nearestDistance) [nearest, nearestDistance] = [candidate, found];
  }
  return nearest === '' ? '' : `; did you mean ${nearest}?`;
}
