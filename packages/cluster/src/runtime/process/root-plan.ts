import { posix } from 'node:path';
import type { Mount } from './mount.js';

/** What a path of the machine is; links are looked at themselves. */
export type Entry = { type: 'folder' } | { type: 'file' } | { type: 'link'; to: string };

/** Looks at the machine. */
export interface Machine {
  entry(path: string): Entry | undefined;
  /** Names in a folder. */
  names(folder: string): string[];
}

/** One step in making the root folder of a container; paths are those within it. */
export type RootStep =
  | { do: 'folder'; path: string }
  | { do: 'link'; path: string; to: string }
  | { do: 'bind'; path: string; source: string; isFolder: boolean; readOnly: boolean };

const MAX_LINKS = 40;
/** What others leave there may be thousands of files, and is none of a container's business. */
const TEMPORARY = '/tmp';

/**
 * How a root folder is made that is the machine's own but for the mounts: folders in which a mount has no place yet are made
 * anew, and all else in them is bound from the machine; of a `/tmp` that is made anew, only where `programs` are. The machine
 * itself is not changed. Pure but for looking.
 */
export function rootPlan(mounts: readonly Mount[], machine: Machine, programs: readonly string[] = []): RootStep[] {
  const isKept = (path: string) =>
    posix.dirname(path) !== TEMPORARY || programs.some((program) => program.startsWith(`${path}/`));
  const own: Machine = {
    entry: (path) => machine.entry(path),
    names: (folder) => machine.names(folder).filter((name) => isKept(posix.join(folder, name))),
  };
  return planOf(mounts, own);
}

function planOf(mounts: readonly Mount[], machine: Machine): RootStep[] {
  const placed = mounts
    .map((mount) => ({ ...mount, target: realPath(mount.target, machine) }))
    .sort((a, b) => a.target.split('/').length - b.target.split('/').length);
  const steps: RootStep[] = [];
  compose('/', placed, machine, steps);
  return steps;
}

function compose(folder: string, mounts: readonly Mount[], machine: Machine, steps: RootStep[]): void {
  const isInside = (path: string, { target }: Mount) =>
    target === path || target.startsWith(path === '/' ? '/' : `${path}/`);
  const known = machine.entry(folder)?.type === 'folder' ? machine.names(folder) : [];
  const wanted = mounts.map(({ target }) => target.slice(folder === '/' ? 1 : folder.length + 1).split('/')[0] ?? '');
  for (const name of new Set([...known, ...wanted])) {
    const path = posix.join(folder, name);
    const inside = mounts.filter((mount) => isInside(path, mount));
    const entry = machine.entry(path);
    const whole = inside.find(({ target }) => target === path);
    if (whole !== undefined)
      steps.push(bind(whole, machine), ...inside.filter((one) => one !== whole).map((one) => bind(one, machine)));
    else if (inside.length === 0) {
      if (entry?.type === 'link') steps.push({ do: 'link', path, to: entry.to });
      else if (entry !== undefined)
        steps.push({ do: 'bind', path, source: path, isFolder: entry.type === 'folder', readOnly: false });
    } else if (inside.every((mount) => hasPlace(mount, inside, machine))) {
      steps.push({ do: 'bind', path, source: path, isFolder: true, readOnly: false });
      steps.push(...inside.map((one) => bind(one, machine)));
    } else {
      steps.push({ do: 'folder', path });
      compose(path, inside, machine, steps);
    }
  }
}

/** Whether the machine has something of the same type where the mount goes, or another mount takes that place first. */
function hasPlace(mount: Mount, others: readonly Mount[], machine: Machine): boolean {
  if (others.some((other) => other !== mount && mount.target.startsWith(`${other.target}/`))) return true;
  const source = machine.entry(mount.source)?.type ?? 'folder';
  return machine.entry(mount.target)?.type === source;
}

function bind({ target, source, readOnly }: Mount, machine: Machine): RootStep {
  return { do: 'bind', path: target, source, isFolder: machine.entry(source)?.type !== 'file', readOnly };
}

/** The path with links in it followed, as far as it is there. */
function realPath(path: string, machine: Machine, links = 0): string {
  const parts = path.split('/').filter(Boolean);
  let real = '/';
  for (const [at, part] of parts.entries()) {
    const next = posix.join(real, part);
    const entry = machine.entry(next);
    if (entry?.type === 'link' && links < MAX_LINKS) {
      const rest = parts.slice(at + 1).join('/');
      return realPath(posix.join(posix.resolve(real, entry.to), rest), machine, links + 1);
    }
    real = next;
  }
  return real;
}
