/** Certificates and keys that the configuration names: read here, and checked before anything listens. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { Config } from './schema.ts';

/** PEM texts as `tls.createSecureContext` takes them. */
export type TlsMaterial = Readonly<{ cert: string; key: string }>;

/** Certificate and key for clients; undefined when `listen.tls.mode` is off. Throws HG_CONFIG if they do not fit. */
export function readListenTls({ listen: { tls } }: Config): TlsMaterial | undefined {
  if (tls.mode === 'off' || tls.certFile === undefined || tls.keyFile === undefined) return undefined;
  try {
    return readPair(tls.certFile, tls.keyFile);
  } catch (cause) {
    throw new HeadgateError('HG_CONFIG', { detail: `listen.tls: ${messageOf(cause)}`, cause });
  }
}

/** The authority that signs the tablets' certificates; undefined when none is named. */
export function readGatewayCa({ gateway: { tls, caFile } }: Config): string | undefined {
  if (tls === 'off' || caFile === undefined) return undefined;
  try {
    return readCertificate(caFile);
  } catch (cause) {
    throw new HeadgateError('HG_CONFIG', { detail: `gateway.caFile: ${messageOf(cause)}`, cause });
  }
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
  for (const check of [() => readListenTls(config), () => readGatewayCa(config)]) {
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
