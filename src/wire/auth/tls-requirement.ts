/** MySQL's REQUIRE: what a user's connection has to be, besides the right password. */
import type { TlsRequirement } from '../../config/users.ts';

/** The TLS of a client's connection. A certificate has been checked already: only a good one gets here. */
export type TlsPeer = Readonly<{
  /** As OpenSSL names it. */
  cipher: string;
  /** `TLSv1.3` */
  version: string;
  certificate: Readonly<{ subject: string; issuer: string }> | undefined;
}>;

export function meetsRequirement(requires: TlsRequirement | undefined, tls: TlsPeer | undefined): boolean {
  if (requires === undefined) return true;
  if (tls === undefined || (requires.certificate && tls.certificate === undefined)) return false;
  const { subject, issuer, cipher } = requires;
  return (
    (subject === undefined || subject === tls.certificate?.subject) &&
    (issuer === undefined || issuer === tls.certificate?.issuer) &&
    (cipher === undefined || cipher === tls.cipher)
  );
}

/** A name as MySQL writes and compares it (`/C=SE/CN=app`), from Node's form: a line per part, RFC 2253 escapes. */
export const oneLineName = (lines: string): string =>
  lines
    .split('\n')
    .map((line) => `/${line.replaceAll(/\\(.)/g, '$1')}`)
    .join('');
