import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Quantity } from '@longshore/kube';

/** At most so much of the machine. */
export interface ResourceLimits {
  /** Bytes. */
  memory?: bigint;
  /** Thousandths of a processor. */
  cpu?: bigint;
}

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000n;
/** The kernel takes no less. */
const MIN_QUOTA_US = 1000n;
const NANO = 1_000_000_000n;

/** The limits of a container that the kernel can hold. */
export function limitsOf(limits: Readonly<Record<string, string>> = {}): ResourceLimits {
  const { memory, cpu } = limits;
  return {
    ...(memory !== undefined && { memory: Quantity.parse(memory).nanos / NANO }),
    ...(cpu !== undefined && { cpu: Quantity.parse(cpu).nanos / 1_000_000n }),
  };
}

/** What is written where to set limits: version 2 of control groups has one tree, version 1 one for each controller. */
export function limitFiles(
  version: 1 | 2,
  group: string,
  { memory, cpu }: ResourceLimits,
): { folder: string; file: string; text: string }[] {
  const share = cpu === undefined ? undefined : (cpu * PERIOD_US) / 1000n;
  const quota = share === undefined || share > MIN_QUOTA_US ? share : MIN_QUOTA_US;
  if (version === 2) {
    const folder = join(ROOT, 'longshore', group);
    return [
      ...(memory === undefined ? [] : [{ folder, file: 'memory.max', text: String(memory) }]),
      ...(quota === undefined ? [] : [{ folder, file: 'cpu.max', text: `${quota} ${PERIOD_US}` }]),
    ];
  }
  return [
    ...(memory === undefined
      ? []
      : [{ folder: join(ROOT, 'memory', 'longshore', group), file: 'memory.limit_in_bytes', text: String(memory) }]),
    ...(quota === undefined
      ? []
      : [{ folder: join(ROOT, 'cpu', 'longshore', group), file: 'cpu.cfs_quota_us', text: String(quota) }]),
  ];
}

/** The control groups of one run of a container. */
export class ControlGroups {
  private constructor(
    private readonly folders: readonly string[],
    /** Why a limit is not held; undefined when all are. */
    readonly problem: string | undefined,
  ) {}

  /** The groups that could be made; where the kernel or the rights of this process do not allow them, there are none. */
  static async make(group: string, limits: ResourceLimits): Promise<ControlGroups> {
    const version = (await readable(join(ROOT, 'cgroup.controllers'))) === undefined ? 1 : 2;
    const folders = new Set<string>();
    const problems: string[] = [];
    for (const { folder, file, text } of limitFiles(version, group, limits)) {
      try {
        if (version === 2) await enable(join(ROOT, 'longshore'));
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, file), text);
        folders.add(folder);
      } catch (error) {
        problems.push(`${file}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
        if (!folders.has(folder)) await rmdir(folder).catch(() => undefined);
      }
    }
    const problem = `the kernel does not hold the limits of the container here: ${problems.join(', ')}`;
    return new ControlGroups([...folders], problems.length === 0 ? undefined : problem);
  }

  /** To which the process adds itself. */
  get files(): string[] {
    return this.folders.map((folder) => join(folder, 'cgroup.procs'));
  }

  async wasOutOfMemory(): Promise<boolean> {
    for (const folder of this.folders) {
      const text =
        (await readable(join(folder, 'memory.events'))) ?? (await readable(join(folder, 'memory.oom_control')));
      if (/^oom_kill [1-9]/m.test(text ?? '')) return true;
    }
    return false;
  }

  async remove(): Promise<void> {
    for (const folder of this.folders) await removeGroup(folder);
  }
}

const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MS = 50;

/** A group is busy until the kernel has cleared its last process away, which takes a moment after SIGKILL. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
    }
    await sleep(REMOVE_PAUSE_MS);
  }
}

/** Version 2 gives controllers to children only where the parents say so. */
async function enable(parent: string): Promise<void> {
  await writeFile(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory');
  await mkdir(parent, { recursive: true });
  await writeFile(join(parent, 'cgroup.subtree_control'), '+cpu +memory');
}

function readable(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
