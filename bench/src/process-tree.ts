import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Linux reports processor time in units of 1/100 s to programs on every architecture that Node supports. */
const ticksPerSecond = 100;

interface Stat {
  pid: number;
  parent: number;
  /** Own time and that of ended children that were waited for. */
  ticks: number;
}

/** The process and all its descendants, the root first. Empty when it has ended. */
export function processTree(root: number): number[] {
  return treeStats(root).map((stat) => stat.pid);
}

/** Processor time (user and system) that the process and all its descendants have used so far, in seconds. */
export function treeCpuSeconds(root: number): number {
  return treeStats(root).reduce((sum, stat) => sum + stat.ticks, 0) / ticksPerSecond;
}

/** Bytes of memory that the process and all its descendants hold, and the largest peak that one of them ever had. */
export function treeMemory(root: number): { resident: number; largestPeak: number } {
  let resident = 0;
  let largestPeak = 0;
  for (const pid of processTree(root)) {
    const status = readProc(pid, 'status') ?? '';
    resident += kibibytes(status, 'VmRSS') * 1024;
    largestPeak = Math.max(largestPeak, kibibytes(status, 'VmHWM') * 1024);
  }
  return { resident, largestPeak };
}

/** Lets the kernel's memory peak of each process in the tree start anew from what it holds now (proc(5), clear_refs). */
export function resetTreePeaks(root: number): void {
  for (const pid of processTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function treeStats(root: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined);
  const tree = all.filter((stat) => stat.pid === root);
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

function readStat(pid: number): Stat | undefined {
  const text = readProc(pid, 'stat');
  return text === undefined ? undefined : parseStat(pid, text);
}

/** Reads a line of /proc/PID/stat (proc(5)); the second field is the program's name and may hold spaces and brackets. */
export function parseStat(pid: number, text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, ...times] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  return { pid, parent: parent ?? 0, ticks: times.reduce((sum, value) => sum + value, 0) };
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has ended since the folder was listed.
    return undefined;
  }
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
