// node packages/ignition/bench/transpile.mjs: how long 10,000 small Butane files take in one process, after npm run build.
import { readFileSync } from 'node:fs';
import { transpile } from '../dist/index.js';

const FILES = 10_000;
const vectors = ['edge-two-partitions-one-disk', 'edge-registry-partition-machineconfig', 'mount-user-unit-overrides'];

for (const name of vectors) {
  const text = readFileSync(new URL(`../vectors/butane/${name}.bu`, import.meta.url), 'utf8');
  for (let round = 0; round < 500; round++) transpile(text);
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  for (let site = 0; site < FILES; site++) {
    // No two files are alike: nothing is to be gained by remembering.
    const { failure } = transpile(`${text}# site ${site}\n`);
    if (failure !== undefined) throw new Error(failure);
  }
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(`${name}: ${seconds.toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s, ${memory} MiB resident`);
}
