import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

// Builds the benchmarks and the server that they measure, and runs them with the given arguments.
const root = join(import.meta.dirname, '..');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const projects = process.env.LONGSHORE_BENCH_SUBJECT ? ['bench'] : ['packages/cli', 'bench'];

const build = spawnSync(process.execPath, [compiler, '-b', ...projects], { cwd: root, stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);

const run = spawn(process.execPath, [join(root, 'bench/dist/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
run.on('exit', (status) => process.exit(status ?? 1));
