// npm run bench: builds the benchmarks and the server that they measure, and runs them. Arguments go to the benchmarks.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, checkNode, ensureDependencies, root, script } from './bootstrap.mjs';

await script(() => {
  checkNode();
  ensureDependencies();
  build(process.env.LONGSHORE_BENCH_SUBJECT ? ['bench'] : ['packages/cli', 'bench']);
  const run = spawn(process.execPath, [join(root, 'bench/dist/main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
  run.on('exit', (status) => process.exit(status ?? 1));
});
