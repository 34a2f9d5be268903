/** Counts of a router's connections, by tablet: those with temporary tables, and the others. */
import type { RouterUnderTest } from '../support/router-stage.ts';

/** Connections with temporary tables that are at work; tablets without any are left out. */
export async function scratchAtWork(router: RouterUnderTest): Promise<Record<string, number>> {
  const { body } = await router.admin('/metrics');
  const found = body.matchAll(/^headgate_scratch_connections\{tablet="([^"]+)",state="busy"\} (\d+)$/gm);
  const counts = [...found].map(([, tablet, count]) => [tablet!, Number(count)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Whether nothing is read: whatever is at work is being evaluated. */
export async function isAllRead(router: RouterUnderTest): Promise<boolean> {
  const { body } = await router.admin('/metrics');
  const found = body.matchAll(/^headgate_pool_connections\{tablet="[^"]+",state="busy"\} (\d+)$/gm);
  return [...found].every(([, count]) => count === '0');
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);
