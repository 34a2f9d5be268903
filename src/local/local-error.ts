import { HeadgateError } from '../errors/headgate-error.ts';

/** What is in the way of the local cluster, and what to do about it, in one text for people. */
export const localError = (detail: string, cause?: unknown): HeadgateError =>
  new HeadgateError('HG_LOCAL', { detail, cause });
