import { realpathSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runApiServerBenchmark } from './apiserver/benchmark.js';
import type { Benchmark } from './benchmark.js';
import { benchmarks } from './benchmarks/index.js';
import { chainBenchmarks } from './chain/benchmarks.js';
import { joinedRegistry } from './chain/joined-registry.js';
import { endChildren } from './children.js';
import { describeMachine } from './machine.js';
import { parseOptions, usage, UsageError, type Options } from './options.js';
import { renderReport, saveReport } from './report/write.js';
import { runBenchmark, type Contenders, type Row } from './runner.js';
import { longshore, peer, subject } from './servers/contender.js';
import { Workspace } from './workspace.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Returns the exit status: 1 when a round failed. */
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'prune') return (await import('./prune/benchmark.js')).runPruneBenchmark(args.slice(1));
  if (args[0] === 'start-up') return (await import('./start-up/benchmark.js')).runStartUpBenchmark(root);
  if (args[0] === 'mirror') return (await import('./mirror/benchmark.js')).runMirrorBenchmark(root, args.slice(1));
  if (args[0] === 'apiserver') return runApiServerBenchmark(root, args.slice(1));
  const isChain = args[0] === 'chain';
  const options = parseOptions(isChain ? args.slice(1) : args);
  if (isChain && options.transports.includes('tls')) throw new UsageError('chain has no TLS variant');
  const offered = isChain ? chainBenchmarks : benchmarks;
  if (options.help || options.list) {
    process.stdout.write(options.help ? usage : listing(offered));
    return 0;
  }
  if (process.platform !== 'linux') throw new UsageError('the benchmarks read /proc and run on Linux only');
  const chosen = chooseBenchmarks(offered, options.only);
  const contenders = isChain ? chainContenders() : await outsideContenders();
  const workspace = await Workspace.create(options.dir);
  endOnSignal(workspace);
  try {
    return await runAll(chosen, contenders, options, workspace);
  } finally {
    await workspace.remove();
  }
}

/** Longshore beside another registry. */
async function outsideContenders(): Promise<Contenders> {
  return {
    subject: await subject(root, process.env.LONGSHORE_BENCH_SUBJECT),
    peer: await peer(process.env.LONGSHORE_BENCH_PEER),
  };
}

/** The registry of a cluster beside one of its own. */
function chainContenders(): Contenders {
  return { subject: joinedRegistry(root), peer: longshore(root, 'peer', 'stand-alone') };
}

async function runAll(
  chosen: Benchmark[],
  contenders: Contenders,
  options: Options,
  workspace: Workspace,
): Promise<number> {
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const rows: Row[] = [];
  const machine = describeMachine(realpathSync(workspace.dir), new Date());
  const report = { machine, contenders, rounds: options.rounds, rows };
  let failures = 0;
  for (const transport of options.transports) {
    for (const benchmark of chosen.filter(({ tls }) => transport === 'plain' || tls === true)) {
      const run = await runBenchmark(benchmark, transport, contenders, workspace, { ...options, progress });
      rows.push(...run.rows);
      failures += run.failures;
      if (options.out !== undefined) await saveReport(report, options.format, options.out);
    }
  }
  process.stdout.write(renderReport(report, options.out === undefined ? options.format : 'text'));
  return failures === 0 ? 0 : 1;
}

function chooseBenchmarks(offered: readonly Benchmark[], names: readonly string[]): Benchmark[] {
  const unknown = names.find((name) => !offered.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no benchmark ${JSON.stringify(unknown)}; see --list`);
  return offered.filter(({ name }) => names.length === 0 || names.includes(name));
}

function listing(offered: readonly Benchmark[]): string {
  return offered
    .map(({ name, summary, tls }) => `${name.padEnd(22)} ${summary}${tls ? ' (also --tls)' : ''}\n`)
    .join('');
}

/** Leaves nothing behind when the run is broken off. Works without a pause, so that no round goes on meanwhile. */
function endOnSignal(workspace: Workspace): void {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      process.stderr.write(`ended by ${signal}\n`);
      endChildren();
      rmSync(workspace.dir, { recursive: true, force: true, maxRetries: 10 });
      process.exit(status);
    });
  }
}
