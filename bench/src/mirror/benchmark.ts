/**
 * Mirroring of a release of many images with shared layers from one registry to another, beside `skopeo`: `npm run bench -- mirror`.
 * Each contender has an empty registry of its own (Debian's `docker-registry`), and the same source.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endChildren, runCommand } from '../children.js';
import { UsageError } from '../options.js';
import { stopwatch } from '../stopwatch.js';
import { ours, peers, type Contender } from './contenders.js';
import { startRegistry } from './docker-registry.js';
import { longshoreOf } from './program.js';
import { startSlowLine } from './slow-line.js';
import { Source } from './source.js';

const USAGE = `Usage: npm run bench -- mirror [options]

  --images N   images (default 190; each adds about 9 MB of its own)
  --dir DIR    where it happens (default: the temporary folder)
  --help       print this text
`;

const MB = 1_000_000;
/** Milliseconds to a mirror at another site and back. */
const ROUND_TRIP = 20;
const GOALS = { first: 0.5, changed: 0.1, far: 0.1, disk: 1.05, wire: 1.05, memory: 250 * MB };

const TITLES = {
  first: '  first, to the best peer',
  changed: '  one changed, to the best',
  far: '  one changed, far away',
};

interface Measured {
  name: string;
  /** Seconds: all images, all again, and all again when one of them has changed; that once more, with a mirror that is far away. */
  first: number;
  unchanged: number;
  changed: number;
  far: number;
  /** Of the first time, to the bytes that there are. */
  disk: number;
  wire: number;
  /** Bytes; 0 where it was not watched. */
  memory: number;
}

/** Runs it and prints what it took. Returns the exit status: 1 when a goal was not reached. */
export async function runMirrorBenchmark(repositoryRoot: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { images: { type: 'string' }, dir: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const images = Number(values.images ?? 190);
  if (!Number.isInteger(images) || images < 2) throw new UsageError('--images takes a whole number above 1');
  const dir = await mkdtemp(join(values.dir ?? tmpdir(), 'longshore-bench-mirror-'));
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('exit', endChildren);
  try {
    return (await compare(repositoryRoot, dir, images)) ? 0 : 1;
  } finally {
    endChildren();
    await rm(dir, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** True when all goals were reached. */
async function compare(repositoryRoot: string, dir: string, images: number): Promise<boolean> {
  const longshore = longshoreOf(repositoryRoot, join(dir, 'state'));
  const source = await Source.create(longshore, dir, images);
  print(`${images} images`, `${(source.uniqueBytes / MB).toFixed(0)} MB`, 'each blob once');
  const measureAll = async (contenders: readonly Contender[]) => {
    const all: Measured[] = [];
    for (const contender of contenders) all.push(await measure(contender, source, dir));
    return all;
  };
  const mine = await measureAll(ours(source, longshore));
  const theirs = await measureAll(peers(source, dir));
  await source.registry.stop();
  return mine.map((one) => judgeAll(one, theirs)).every(Boolean);
}

async function measure({ name, mirror }: Contender, source: Source, dir: string): Promise<Measured> {
  const target = await startRegistry(join(dir, name.replaceAll(/\W+/g, '-')));
  let memory = 0;
  const timed = async (host = target.host) => {
    const seconds = stopwatch();
    memory = Math.max(memory, await mirror(host));
    return seconds();
  };
  await runCommand('sync', []); // What was written before must not be written at this one's cost.
  const before = await loopbackBytes();
  const first = await timed();
  // Each byte comes from one registry and goes to another.
  const wire = ((await loopbackBytes()) - before) / (2 * source.uniqueBytes);
  const disk = Number((await runCommand('du', ['-sb', target.root])).split('\t')[0]) / source.uniqueBytes;
  const unchanged = await timed();
  await source.change();
  const changed = await timed();
  await source.restore();
  const line = await startSlowLine(target.host, ROUND_TRIP);
  const far = await timed(line.host);
  await line.stop();
  await target.stop();
  await rm(target.root, { recursive: true });
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const again = `unchanged ${seconds(unchanged)}, one changed ${seconds(changed)}, and far away ${seconds(far)}`;
  print(name, seconds(first), again);
  return { name, first, unchanged, changed, far, disk, wire, memory };
}

/** What has gone over the loopback interface since the machine started. */
async function loopbackBytes(): Promise<number> {
  return Number(await readFile('/sys/class/net/lo/statistics/rx_bytes', 'utf8'));
}

function judgeAll(mine: Measured, theirs: readonly Measured[]): boolean {
  const toBest = (phase: 'first' | 'changed' | 'far') => mine[phase] / Math.min(...theirs.map((one) => one[phase]));
  print(mine.name, '');
  const verdicts = [
    ...(['first', 'changed', 'far'] as const).map((phase) =>
      judge(TITLES[phase], toBest(phase).toFixed(3), toBest(phase) <= GOALS[phase], String(GOALS[phase])),
    ),
    judge('  disk, to unique bytes', mine.disk.toFixed(3), mine.disk <= GOALS.disk, String(GOALS.disk)),
    judge('  wire, to unique bytes', mine.wire.toFixed(3), mine.wire <= GOALS.wire, String(GOALS.wire)),
    judge(
      '  memory, peak',
      `${Math.round(mine.memory / MB)} MB`,
      mine.memory <= GOALS.memory,
      `${GOALS.memory / MB} MB`,
    ),
  ];
  return verdicts.every(Boolean);
}

function judge(title: string, value: string, isMet: boolean, goal: string): boolean {
  print(title, value, `at most ${goal.padEnd(8)} ${isMet ? 'reached' : 'missed'}`);
  return isMet;
}

function print(title: string, value: string, more = ''): void {
  process.stdout.write(`${title.padEnd(28)} ${value.padStart(10)}   ${more}`.trimEnd() + '\n');
}
