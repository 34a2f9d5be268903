import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of a self-signed certificate in `folder`, made by openssl when the test runs. */
export async function writeCertificate(folder: string): Promise<{ key: string; cert: string }> {
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test',
  ];
  await promisify(execFile)('openssl', ['req', '-x509', ...kind, '-keyout', files.key, '-out', files.cert]);
  return files;
}
