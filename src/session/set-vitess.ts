/** SET of Vitess' session variables, and their values in SELECT @@x. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { effect, type StatementScan } from '../sql/statement.ts';
import type { Session } from './session.ts';
import { isVitessSetting, vitessValue } from './vitess-settings.ts';

/** True: the statement has been answered. Raises what `vitessValue` raises; then nothing is set. */
export function setVitess(session: Session, { assignments = [] }: StatementScan): boolean {
  const own = assignments.filter(({ target, name }) => target === 'session' && isVitessSetting(name));
  if (own.length === 0) return false;
  if (own.length < assignments.length || own.some(({ valueKind }) => valueKind === 'expression')) {
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `Headgate does not support SET ${own[0]!.name} together with variables of MySQL, or to an expression: set it to a constant by itself`,
    });
  }
  const { state, holding } = session;
  const values = own.map(({ name, value }) => [name, vitessValue(name, value)] as const);
  if (holding.count > 0 && own.some(({ name }) => name === 'client_found_rows')) {
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message:
        'Headgate does not support SET client_found_rows while the session keeps a connection or is in a transaction',
    });
  }
  for (const [name, value] of values) state.setVitess(name, value);
  session.ok();
  return true;
}

/** `session.workload` → `workload`. */
export const nameOfItem = (systemVariable: string): string =>
  systemVariable.replace(/^(session|local)\./, '');

/** Whether a select list asks for one of them. */
export const readsVitess = ({ effects, items }: StatementScan): boolean =>
  (effects & effect.readsSystemVariable) !== 0 &&
  items?.some(
    ({ systemVariable }) => systemVariable !== undefined && isVitessSetting(nameOfItem(systemVariable)),
  ) === true;
