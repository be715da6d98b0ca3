import { realpathSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runApiServerBenchmark } from './apiserver/benchmark.js';
import type { Benchmark } from './benchmark.js';
import { benchmarks } from './benchmarks/index.js';
import { endChildren } from './children.js';
import { describeMachine } from './machine.js';
import { parseOptions, usage, UsageError, type Options } from './options.js';
import { renderReport, saveReport } from './report/write.js';
import { runBenchmark, type Row } from './runner.js';
import { peer, subject } from './servers/contender.js';
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
  if (args[0] === 'apiserver') return runApiServerBenchmark(root, args.slice(1));
  const options = parseOptions(args);
  if (options.help || options.list) {
    process.stdout.write(options.help ? usage : listing());
    return 0;
  }
  if (process.platform !== 'linux') throw new UsageError('the benchmarks read /proc and run on Linux only');
  const chosen = chooseBenchmarks(options.only);
  const workspace = await Workspace.create(options.dir);
  endOnSignal(workspace);
  try {
    return await runAll(chosen, options, workspace);
  } finally {
    await workspace.remove();
  }
}

async function runAll(chosen: Benchmark[], options: Options, workspace: Workspace): Promise<number> {
  const contenders = {
    subject: await subject(root, process.env.LONGSHORE_BENCH_SUBJECT),
    peer: await peer(process.env.LONGSHORE_BENCH_PEER),
  };
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

function chooseBenchmarks(names: readonly string[]): Benchmark[] {
  const unknown = names.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no benchmark ${JSON.stringify(unknown)}; see --list`);
  return benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
}

function listing(): string {
  return benchmarks
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
