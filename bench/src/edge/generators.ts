/**
 * Standalone: `node bench/dist/edge/generators.js [--dir FOLDER] [COUNT...]`, after `npm run build`. Generates the resources of
 * 100, 1,000 and 10,000 sites and their four policies each, and prints time and peak memory. The exit code is 1 when 10,000
 * sites need more than 60 s or 1 GB (issue 6).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFleet } from './fleet.js';

const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/longshore.js', import.meta.url));
const SAMPLE_MILLISECONDS = 100;
const TICKS_PER_SECOND = 100;
const GOAL = { count: 10_000, seconds: 60, megabytes: 1000 };

interface Run {
  seconds: number;
  /** Of all processors together. */
  processorSeconds: number;
  megabytes: number;
}

const { values, positionals } = parseArgs({ options: { dir: { type: 'string' } }, allowPositionals: true });
const counts = positionals.length > 0 ? positionals.map(Number) : [100, 1000, GOAL.count];
if (!counts.every((count) => Number.isInteger(count) && count > 0))
  throw new Error('a count is a whole number above 0');

process.stdout.write('  sites  resources (time, CPU, memory)  policies (time, CPU, memory)     CPU per site\n');
for (const count of counts) {
  const folder = await mkdtemp(join(values.dir ?? tmpdir(), 'longshore-bench-'));
  try {
    await measure(folder, count);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, count: number): Promise<void> {
  const files = await writeFleet(folder, count);
  const sites = await longshore(folder, ['siteconfig-generator', '--outPath', 'resources', ...files]);
  const policies = await longshore(folder, ['policygenerator', '--outPath', 'out', '--pgtPath', 'policies']);
  const seconds = sites.seconds + policies.seconds;
  const cpu = sites.processorSeconds + policies.processorSeconds;
  const each = `${((cpu / count) * 1000).toFixed(1)} ms`;
  process.stdout.write(`${String(count).padStart(7)}  ${[sites, policies].map(shown).join('  ')}  ${each}\n`);
  const tooMuch = seconds > GOAL.seconds || Math.max(sites.megabytes, policies.megabytes) > GOAL.megabytes;
  if (count === GOAL.count && tooMuch) process.exitCode = 1;
}

function shown({ seconds, processorSeconds, megabytes }: Run): string {
  const [time, cpu] = [seconds, processorSeconds].map((value) => `${value.toFixed(1).padStart(5)} s`);
  return `${time}, ${cpu}, ${megabytes.toFixed(0).padStart(4)} MB`.padEnd(31);
}

async function longshore(cwd: string, args: readonly string[]): Promise<Run> {
  const start = performance.now();
  const before = childSeconds();
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  let bytes = 0;
  const timer = setInterval(() => (bytes = Math.max(bytes, peakOf(child.pid ?? 0))), SAMPLE_MILLISECONDS);
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`longshore ${args[0] ?? ''}: exit status ${status ?? 'none'}`);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, processorSeconds: childSeconds() - before, megabytes: bytes / 1e6 };
  } finally {
    clearInterval(timer);
  }
}

/** The peak of a process's memory that the kernel kept, in bytes; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    const [, kibibytes = '0'] = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of the children that have ended (proc_pid_stat(5): cutime and cstime, behind the name in parentheses). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
