import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** What a result has to be read with. Results of different machines are not comparable. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGigabytes: number;
  kernel: string;
  fileSystem: string;
  node: string;
  date: string;
}

/** Describes this machine; `dir` is where the servers' storage lies. */
export function describeMachine(dir: string, now: Date): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 1e9),
    kernel: `Linux ${release()}`,
    fileSystem: fileSystemOf(dir, readFileSync('/proc/self/mountinfo', 'utf8')),
    node: process.version,
    date: now.toISOString().slice(0, 10),
  };
}

/** The type of the file system that holds `path`, from /proc/self/mountinfo (proc(5)): the longest mount point wins. */
export function fileSystemOf(path: string, mountinfo: string): string {
  let best = { point: '', type: 'unknown' };
  for (const line of mountinfo.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const point = mount.split(' ')[4];
    const type = source.split(' ')[0];
    if (point === undefined || type === undefined || point.length < best.point.length) continue;
    if (path === point || path.startsWith(point === '/' ? '/' : `${point}/`)) best = { point, type };
  }
  return best.type;
}
