import { HeadgateError } from './headgate-error.ts';

/** The end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new HeadgateError('HG_INTERNAL', { detail: `unexpected ${JSON.stringify(value)}` });
}
