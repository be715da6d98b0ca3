import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
}

/** proc(5): in `stat`, what follows the parenthesised name starts with field 3; 4 is the parent, 5 the group. */
function entryOf(pid: number): ProcessEntry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? [] : [{ pid, parent: Number(parent), group: Number(group) }];
  } catch {
    return []; // It ended meanwhile.
  }
}

function entries(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? entryOf(Number(name)) : []));
}

/** The processes that a process started and that live. */
export function childrenOf(pid: number): number[] {
  return entries().flatMap((entry) => (entry.parent === pid ? [entry.pid] : []));
}

/** The files below a folder that the processes of a group hold open. */
export function openFilesBelow(folder: string, group: number): string[] {
  return entries()
    .filter((entry) => entry.group === group)
    .flatMap(({ pid }) => linksIn(`/proc/${pid}/fd`))
    .filter((path) => path.startsWith(folder));
}

function linksIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => linkAt(`${folder}/${name}`));
  } catch {
    return [];
  }
}

function linkAt(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
  }
}
