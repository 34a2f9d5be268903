// `npm start`: installs what is missing, then runs the local cluster. Arguments are those of `headgate local`.
import { join } from 'node:path';
import { relay } from '../bin/node-version.mjs';
import { prepare, root } from './prepare.mjs';

const node = await prepare();
process.exit(await relay(node, [join(root, 'bin/headgate.mjs'), 'local', ...process.argv.slice(2)]));
