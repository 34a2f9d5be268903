// `npm run setup`: installs what is missing (npm packages, MySQL, etcd, HAProxy, sysbench) and starts nothing.
import { join } from 'node:path';
import { relay } from '../bin/node-version.mjs';
import { prepare, root } from './prepare.mjs';

await prepare();
process.exit(await relay('bash', [join(root, 'scripts/servers.sh')]));
