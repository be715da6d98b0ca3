/**
 * The plan of a pruner for a large cluster, with the goals of issue 4 for a machine of two cores:
 * `npm run bench -- prune`. Objects are made while they are read, as pages of a list would come.
 */
import { parseArgs } from 'node:util';
import { PruneGraph, PrunePlan, usesOfPod } from '@longshore/images';
import { UsageError } from '../options.js';
import { stopwatch } from '../stopwatch.js';
import { GeneratedCluster, NOW } from './generated-cluster.js';

const USAGE = `Usage: npm run bench -- prune [options]

  --images N    images (default 1000000)
  --streams N   image streams (default 100000)
  --help        print this text
`;

const MAX_SECONDS = 60;
const MAX_MB = 2_000;
const HOUR_MS = 60 * 60_000;
const MB = 1_000_000;

/** Runs it and prints what it took. Returns the exit status: 1 when a goal was not reached. */
export function runPruneBenchmark(args: readonly string[]): number {
  const { help, images, streams } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const cluster = new GeneratedCluster(images, streams);
  const total = stopwatch();
  const graph = new PruneGraph();
  const reading = stopwatch();
  for (const stream of cluster.allStreams()) graph.addStream(stream);
  for (const image of cluster.allImages()) graph.addImage(image);
  for (const pod of cluster.pods()) graph.addUses(usesOfPod(pod));
  print('objects made and read', `${reading().toFixed(1)} s`);
  const planning = stopwatch();
  const plan = new PrunePlan(graph, {
    now: NOW,
    keepYoungerThanMs: HOUR_MS,
    keepUnlistedYoungerThanMs: HOUR_MS,
    history: { keepRevisions: 3 },
    all: true,
  });
  print('what stays marked', `${planning().toFixed(1)} s`);
  const listing = stopwatch();
  for (const [what, count] of Object.entries(countsOf(plan))) print(`  ${what}`, String(count));
  print('what goes listed', `${listing().toFixed(1)} s`);
  const seconds = total();
  const megabytes = (process.resourceUsage().maxRSS * 1024) / MB;
  const verdict = (isMet: boolean, goal: string) => `at most ${goal.padEnd(8)} ${isMet ? 'reached' : 'missed'}`;
  print('in all', `${seconds.toFixed(1)} s`, verdict(seconds <= MAX_SECONDS, `${MAX_SECONDS} s`));
  print('memory, peak', `${Math.round(megabytes)} MB`, verdict(megabytes <= MAX_MB, `${MAX_MB} MB`));
  return seconds <= MAX_SECONDS && megabytes <= MAX_MB ? 0 : 1;
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { images: text, streams: text, help: { type: 'boolean' } },
  });
  const number = (name: 'images' | 'streams', fallback: number) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new UsageError(`--${name} takes a whole number above 0`);
  };
  const [images, streams] = [number('images', 1_000_000), number('streams', 100_000)];
  if (images < streams) throw new UsageError('--images must not be below --streams');
  return { help: values.help ?? false, images, streams };
}

/** Goes through all that a run would delete. */
function countsOf(plan: PrunePlan) {
  const counts = { images: 0, items: 0, streams: 0, 'layer links': 0, 'manifest links': 0, blobs: 0 };
  for (const verdict of plan.streams()) {
    const { layers, manifests } = plan.links(verdict.history.stream, verdict);
    counts.streams++;
    counts.items += verdict.dropped.length;
    counts['layer links'] += layers.length;
    counts['manifest links'] += manifests.length;
  }
  for (const repository of plan.orphanRepositories()) {
    const { layers, manifests } = plan.links(repository, undefined);
    counts['layer links'] += layers.length;
    counts['manifest links'] += manifests.length;
  }
  const claimed = plan.newClaims();
  for (const image of plan.deadImages()) {
    counts.images++;
    counts.blobs += plan.claimBlobs(image, claimed).length;
  }
  return counts;
}

function print(title: string, value: string, more = ''): void {
  process.stdout.write(`${title.padEnd(24)} ${value.padStart(12)}   ${more}`.trimEnd() + '\n');
}
