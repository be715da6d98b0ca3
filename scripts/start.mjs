// npm start: installs, builds and runs the embedded cluster on this machine. Arguments go to `longshore up`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, checkNode, ensureDependencies, root, script } from './bootstrap.mjs';

const DATA_DIR = 'var/longshore';

await script(() => {
  checkNode();
  ensureDependencies();
  build(['packages/cli']);
  const main = join(root, 'packages/cli/dist/main.js');
  const args = [main, 'up', '--data-dir', DATA_DIR, ...process.argv.slice(2)];
  const cluster = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // From a terminal the cluster hears of Ctrl-C itself, too; it takes the two for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => cluster.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  cluster.on('close', (status) => {
    process.exitCode = status ?? 1;
  });
});
