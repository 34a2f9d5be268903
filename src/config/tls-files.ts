/** Certificates and keys that the configuration names: read here, and checked before anything listens. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { Config } from './schema.ts';

/** PEM texts as `tls.createSecureContext` takes them. */
export type TlsMaterial = Readonly<{
  cert?: string | undefined;
  key?: string | undefined;
  ca?: string | undefined;
  crl?: string | undefined;
}>;

/** What clients are shown and judged by; undefined when `listen.tls.mode` is off. Throws HG_CONFIG if it cannot work. */
export function readListenTls({ listen: { tls } }: Config): TlsMaterial | undefined {
  if (tls.mode === 'off' || tls.certFile === undefined || tls.keyFile === undefined) return undefined;
  try {
    const pair = readPair(tls.certFile, tls.keyFile);
    createSecureContext({ ecdhCurve: tls.groups });
    if (tls.caFile === undefined) {
      if (tls.crlFile !== undefined) throw new Error('crlFile says nothing without caFile');
      if (tls.clientCertificates === 'required')
        throw new Error('clientCertificates is required: caFile is missing');
      return pair;
    }
    const ca = readCertificate(tls.caFile);
    return { ...pair, ca, crl: tls.crlFile === undefined ? undefined : readRevocations(tls.crlFile) };
  } catch (cause) {
    throw new HeadgateError('HG_CONFIG', { detail: `listen.tls: ${messageOf(cause)}`, cause });
  }
}

/** Who signs the tablets' certificates, and what they are shown; undefined when TLS towards tablets is off. */
export function readGatewayTls({
  gateway: { tls, caFile, certFile, keyFile },
}: Config): TlsMaterial | undefined {
  if (tls === 'off') return undefined;
  const checked = <T>(key: string, read: () => T): T => {
    try {
      return read();
    } catch (cause) {
      throw new HeadgateError('HG_CONFIG', { detail: `gateway.${key}: ${messageOf(cause)}`, cause });
    }
  };
  const ca = caFile === undefined ? undefined : checked('caFile', () => readCertificate(caFile));
  if (certFile === undefined && keyFile === undefined) return { ca };
  return checked('certFile', () => {
    if (certFile === undefined || keyFile === undefined)
      throw new Error('certFile and keyFile are a pair; one of them is missing');
    return { ca, ...readPair(certFile, keyFile) };
  });
}

/** Adds a problem for everything about TLS that could not work. `place` names a key and where its value stands. */
export function checkTlsFiles(config: Config, place: (path: string) => string, problems: string[]): void {
  const { tls } = config.listen;
  if (tls.mode !== 'off') {
    for (const key of ['certFile', 'keyFile'] as const) {
      if (tls[key] === undefined) {
        problems.push(`${place('listen.tls.mode')} is ${tls.mode}: listen.tls.${key} is missing`);
      }
    }
  }
  for (const check of [() => readListenTls(config), () => readGatewayTls(config)]) {
    try {
      check();
    } catch (cause) {
      problems.push(
        cause instanceof HeadgateError ? (cause.context.detail ?? cause.message) : messageOf(cause),
      );
    }
  }
}

function readPair(certFile: string, keyFile: string): TlsMaterial {
  const cert = readCertificate(certFile);
  const key = readFileSync(keyFile, 'utf8');
  let matches: boolean;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new Error(
      `${keyFile} holds no usable private key (PEM, without a passphrase): ${messageOf(cause)}`,
      { cause },
    );
  }
  if (!matches) throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  return { cert, key };
}

function readCertificate(file: string): string {
  const pem = readFileSync(file, 'utf8');
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new Error(`${file} holds no certificate (PEM): ${messageOf(cause)}`, { cause });
  }
  return pem;
}

function readRevocations(file: string): string {
  const crl = readFileSync(file, 'utf8');
  try {
    createSecureContext({ crl });
  } catch (cause) {
    throw new Error(`${file} holds no revocation list (PEM): ${messageOf(cause)}`, { cause });
  }
  return crl;
}
