/**
 * The API server of `longshore up`, with the goals of issue 2 for a machine of two cores, the client beside the server:
 * `npm run bench -- apiserver`.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endChildren } from '../children.js';
import { UsageError } from '../options.js';
import { treeCpuSeconds } from '../process-tree.js';
import { stopwatch } from '../stopwatch.js';
import { ClusterProcess } from './cluster-process.js';
import { createAll, createNamespace, getRate, listAll, resourceVersion } from './config-maps.js';
import { Watches } from './watches.js';

const USAGE = `Usage: npm run bench -- apiserver [options]

  --objects N   config maps of 1 KB (default 100000)
  --watches N   watches at the same time (default 1000)
  --writes N    writes that each of them must see (default 1000)
  --dir DIR     where the data folder lives (default: the temporary folder)
  --help        print this text
`;

const CONNECTIONS = 32;
const GET_SECONDS = 5;
const IDLE_MILLISECONDS = 5_000;
const MB = 1_000_000;

interface Row {
  title: string;
  value: number;
  unit: string;
  /** The least or the most that it should be. */
  goal: number;
  better: 'higher' | 'lower';
}

/** Runs it and prints the table. Returns the exit status: 1 when a goal was not reached. */
export async function runApiServerBenchmark(root: string, args: readonly string[]): Promise<number> {
  const { help, objects, watches, writes, dir } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = await mkdtemp(join(dir, 'longshore-bench-'));
  try {
    const rows = await measure(join(root, 'packages/cli/bin/longshore.js'), folder, { objects, watches, writes });
    process.stdout.write(rows.map(lineOf).join(''));
    return rows.every(isReached) ? 0 : 1;
  } finally {
    endChildren();
    await rm(folder, { recursive: true, force: true });
  }
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { objects: text, watches: text, writes: text, dir: text, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const number = (name: 'objects' | 'watches' | 'writes', fallback: number) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new UsageError(`--${name} takes a whole number above 0`);
  };
  return {
    help: values.help ?? false,
    objects: number('objects', 100_000),
    watches: number('watches', 1_000),
    writes: number('writes', 1_000),
    dir: values.dir ?? tmpdir(),
  };
}

interface Load {
  objects: number;
  watches: number;
  writes: number;
}

async function measure(program: string, folder: string, { objects, watches, writes }: Load): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (title: string, value: number, unit: string, better: Row['better'], goal: number) => {
    rows.push({ title, value, unit, better, goal });
    process.stderr.write(`${title}: ${value.toPrecision(4)} ${unit}\n`);
  };
  const cluster = await ClusterProcess.start(program, folder);
  const { target } = cluster;
  // On a machine that has other work this says more than the rate does.
  const cpu = async <T>(work: Promise<T>, count: (result: T) => number): Promise<T> => {
    const before = treeCpuSeconds(cluster.pid);
    const result = await work;
    const each = ((treeCpuSeconds(cluster.pid) - before) * 1e6) / count(result);
    process.stderr.write(`processor time of the server: ${each.toFixed(0)} microseconds each\n`);
    return result;
  };
  try {
    await sleep(IDLE_MILLISECONDS);
    add('memory, idle, empty', await memoryOf(cluster.pid, 'VmRSS'), 'MB', 'lower', 150);
    await createNamespace(target);
    add('create', await cpu(createAll(target, 0, objects, CONNECTIONS), () => objects), '1/s', 'higher', 2_500);
    const get = getRate(target, objects, CONNECTIONS, GET_SECONDS);
    add('get', await cpu(get, (rate) => rate * GET_SECONDS), '1/s', 'higher', 5_000);
    const { count, seconds } = await cpu(listAll(target), (list) => list.count);
    if (count !== objects) throw new Error(`the list has ${count} objects instead of ${objects}`);
    add('list in pages', seconds, 's', 'lower', 5);
    const { missed, seconds: spread } = await spreadWrites(target, { objects, watches, writes });
    add('writes to watches', spread, 's', 'lower', Infinity);
    add('missed events', missed, '', 'lower', 0);
    add('memory, peak', await memoryOf(cluster.pid, 'VmHWM'), 'MB', 'lower', 1_000);
  } finally {
    await cluster.stop();
  }
  add('memory, idle, filled', await idleMemory(program, folder), 'MB', 'lower', 150);
  return rows;
}

/** Writes in a burst while watches look on. `missed`: events that a watch was not sent, or was sent twice. */
async function spreadWrites(
  target: ClusterProcess['target'],
  { objects, watches, writes }: Load,
): Promise<{ missed: number; seconds: number }> {
  const open = await Watches.open(target, watches, await resourceVersion(target));
  try {
    const seconds = stopwatch();
    await createAll(target, objects, objects + writes, CONNECTIONS);
    await open.until(writes);
    const missed = open.counts.reduce((sum, count) => sum + Math.abs(count - writes), 0);
    return { missed, seconds: seconds() };
  } finally {
    open.close();
  }
}

/**
 * Of a server that was just started on what is there: its own memory. The pages of the database that it has looked at are the
 * kernel's, which takes them back when others need them; they are in the resident size, and so in the peak.
 */
async function idleMemory(program: string, folder: string): Promise<number> {
  const cluster = await ClusterProcess.start(program, folder);
  try {
    await sleep(IDLE_MILLISECONDS);
    return await memoryOf(cluster.pid, 'RssAnon');
  } finally {
    await cluster.stop();
  }
}

/** Megabytes of the process that serves the API, without the workers of the registry (proc(5)). */
async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / MB;
}

const isReached = ({ value, better, goal }: Row) => (better === 'higher' ? value >= goal : value <= goal);

function lineOf(row: Row): string {
  const { title, value, unit, better, goal } = row;
  const shown = `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
  const wanted = goal === Infinity ? '' : `${better === 'higher' ? 'at least' : 'at most'} ${goal} ${unit}`;
  const verdict = goal === Infinity ? '' : isReached(row) ? 'reached' : 'missed';
  return `${title.padEnd(20)} ${shown.padStart(12)}   ${wanted.padEnd(20)} ${verdict}`.trimEnd() + '\n';
}
