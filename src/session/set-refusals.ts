/** Forms of SET that a router cannot pass on, with the reason. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Assignment, AssignmentTarget } from '../sql/statement.ts';

const clusterScopes: ReadonlySet<AssignmentTarget> = new Set(['global', 'persist', 'persistOnly']);

const ofOwnUser = /^password\s*(for\s+current_user\s*(\(\s*\)\s*)?)?(=|to\s+random\b)/i;

/** Raises HG_CLUSTER_SCOPE or ER_NOT_SUPPORTED_YET. `source`: the text to which the assignments refer. */
export function refuseSet(assignments: readonly Assignment[], source: Buffer): void {
  for (const { target, name, valueStart, valueEnd } of assignments) {
    if (clusterScopes.has(target)) throw new HeadgateError('HG_CLUSTER_SCOPE', { detail: name });
    if (target === 'resourceGroup') {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message:
          'Headgate does not support SET RESOURCE GROUP: the threads of tablets serve many sessions in turn',
      });
    }
    const text = source.toString('latin1', valueStart, valueEnd);
    const isOwn = target === 'password' && ofOwnUser.test(text);
    // `SET PASSWORD = 'x'` looks like a variable; with anything but a string it is none for MySQL either.
    const isAssigned = target === 'session' && name === 'password' && /^['"]/.test(text);
    if (isOwn || isAssigned) {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message:
          "Headgate does not change a session's own password: users stand in its users file, and the tablets know the router's user only",
      });
    }
  }
}
