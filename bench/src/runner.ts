import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark, Measure, RunOptions, Values } from './benchmark.js';
import { StorageSeed } from './content/storage-seed.js';
import { isMet, ratioOf, type Better, type Goal } from './goal.js';
import type { Transport } from './options.js';
import type { Contender } from './servers/contender.js';
import { median } from './statistics.js';
import type { Workspace } from './workspace.js';

/** One measured row: the values of all rounds, and what follows from their medians. */
export interface Row {
  benchmark: string;
  transport: Transport;
  title: string;
  unit: string;
  better: Better;
  goal: Goal | undefined;
  subject: readonly number[];
  peer: readonly number[];
  subjectMedian: number | undefined;
  peerMedian: number | undefined;
  ratio: number | undefined;
  met: boolean | undefined;
}

export interface RunnerOptions extends RunOptions {
  rounds: number;
  /** Hears of each round that ended, and of each that failed. */
  progress(line: string): void;
}

export interface Contenders {
  subject: Contender;
  peer: Contender;
}

/** Runs a benchmark against both servers in alternation. A round that fails is told to `progress` and left out. */
export async function runBenchmark(
  benchmark: Benchmark,
  transport: Transport,
  contenders: Contenders,
  workspace: Workspace,
  options: RunnerOptions,
): Promise<{ rows: Row[]; failures: number }> {
  const results: Record<Contender['side'], Values[]> = { subject: [], peer: [] };
  let failures = 0;
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of orderOf(round, benchmark, contenders)) {
      const what = `${benchmark.name}${transport === 'tls' ? ' TLS' : ''} ${round + 1}/${options.rounds} ${contender.label}`;
      try {
        const values = await runRound(benchmark, transport, contender, workspace, options);
        results[contender.side].push(values);
        options.progress(`${what}: ${describe(values, benchmark.measures)}`);
      } catch (error) {
        failures++;
        options.progress(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return { rows: benchmark.measures.map((measure) => rowOf(benchmark, measure, transport, results)), failures };
}

/** Every second round begins with the other server, so that none has the warmer machine. */
function orderOf(round: number, benchmark: Benchmark, { subject, peer }: Contenders): Contender[] {
  if (benchmark.subjectOnly) return [subject];
  return round % 2 === 0 ? [subject, peer] : [peer, subject];
}

/** One round: fresh storage, seeded; fresh server; the work; and all of it away again. */
async function runRound(
  benchmark: Benchmark,
  transport: Transport,
  contender: Contender,
  workspace: Workspace,
  options: RunOptions,
): Promise<Values> {
  const { watchEventLoop } = benchmark;
  const storageRoot = join(workspace.dir, `storage-${contender.side}`);
  await mkdir(storageRoot);
  try {
    await benchmark.prepare?.(new StorageSeed(storageRoot), workspace);
    await workspace.flush();
    const server = await contender.start(workspace, { storageRoot, transport, watchEventLoop });
    try {
      return await benchmark.run(server, workspace, options);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(storageRoot, { recursive: true });
  }
}

function rowOf(
  benchmark: Benchmark,
  measure: Measure,
  transport: Transport,
  results: Record<Contender['side'], Values[]>,
): Row {
  const valuesOf = (side: Contender['side']) =>
    results[side].map((values) => values[measure.key]).filter((value) => value !== undefined);
  const [subject, peer] = [valuesOf('subject'), valuesOf('peer')];
  const [subjectMedian, peerMedian] = [median(subject), median(peer)];
  const goal = transport === 'tls' ? measure.tlsGoal : measure.goal;
  return {
    benchmark: benchmark.name,
    transport,
    title: transport === 'tls' ? `${measure.title}, TLS` : measure.title,
    unit: measure.unit,
    better: measure.better,
    goal,
    subject,
    peer,
    subjectMedian,
    peerMedian,
    ratio: ratioOf(subjectMedian, peerMedian),
    met: isMet(goal, measure.better, subjectMedian, peerMedian),
  };
}

function describe(values: Values, measures: readonly Measure[]): string {
  return measures.map(({ key, unit }) => `${values[key]?.toPrecision(4) ?? '-'} ${unit}`).join(', ');
}
