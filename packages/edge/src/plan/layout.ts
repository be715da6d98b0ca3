import type { Intent, PartitionIntent, Purpose } from './intent.js';
import { PlanError } from './plan-error.js';

/** Where the root partition of the OS image begins: behind BIOS boot, ESP and boot (edge.md 5). */
export const ROOT_START_MIB = 513;
/** What is left free behind partitions whose place the planner chooses (edge.md 7, item 2). */
const END_BUFFER_MIB = 10_000;
/** The backup table at the end of a GPT disk needs less than one MiB; precache.md 3 counts it so. */
const GPT_BACKUP_MIB = 1;
/** Below, a file system has more structure than room. */
const MIN_PARTITION_MIB = 1024;

interface Usage {
  label: string;
  mountPoint: string;
  mountOptions: readonly string[];
}

/** How a partition is mounted for each purpose; label and path go together, as in the product's own examples. */
export const USAGES: Record<Purpose, Usage> = {
  containers: {
    label: 'var-lib-containers',
    mountPoint: '/var/lib/containers',
    // Without project quotas the kubelet cannot hold pods to their ephemeral storage (EL023).
    mountOptions: ['defaults', 'prjquota'],
  },
  registry: { label: 'var-imageregistry', mountPoint: '/var/imageregistry', mountOptions: ['defaults'] },
  precache: { label: 'data', mountPoint: '/var/mnt', mountOptions: ['defaults', 'nofail'] },
};

export interface PlannedPartition extends Usage {
  purpose: Purpose;
  /** Absent only for a partition that stands at the end of a disk of unknown size. */
  startMiB: number | undefined;
  /** What the partition table gets: 0 takes all that is left. */
  sizeMiB: number;
  /** How large it will be; absent when that depends on a disk of unknown size. */
  actualMiB: number | undefined;
  /** True for what Ignition creates; false for what the factory has written and the installer keeps. */
  created: boolean;
}

export interface DiskLayout {
  disk: string;
  diskMiB: number | undefined;
  /** How large the root partition becomes: it grows up to the next one. */
  rootMiB: number | undefined;
  /** By place on the disk. */
  partitions: PlannedPartition[];
}

/**
 * Gives each wanted partition its place. Partitions without a start go to the end of the disk, `rest` begins behind the root.
 * @throws PlanError when something overlaps, does not fit, or leaves too little to the root
 */
export function layoutDisk(intent: Intent): DiskLayout {
  const { disk, diskSizeMiB: diskMiB } = intent;
  const kept = intent.partitions.filter(({ purpose }) => purpose === 'precache').map((wish) => keep(wish, diskMiB));
  const end = kept[0]?.startMiB ?? diskMiB;
  const created = intent.partitions.filter(({ purpose }) => purpose !== 'precache');
  const placed = placeFromEnd(created, end).map((wish) => ({ ...wish, startMiB: wish.startMiB ?? behindRoot(intent) }));
  placed.sort((a, b) => a.startMiB - b.startMiB);
  const partitions = placed.map((wish, index) => measure(wish, placed[index + 1]?.startMiB, end));
  check(intent, partitions, end);
  const first = partitions[0]?.startMiB ?? end;
  return {
    disk,
    diskMiB,
    rootMiB: first === undefined ? undefined : first - ROOT_START_MIB,
    partitions: [...partitions, ...kept],
  };
}

function behindRoot({ rootMinMiB }: Intent): number {
  return ROOT_START_MIB + rootMinMiB;
}

function keep({ size, label }: PartitionIntent, diskMiB: number | undefined): PlannedPartition {
  const sizeMiB = Number(size);
  return {
    ...USAGES.precache,
    ...(label === undefined ? {} : { label }),
    purpose: 'precache',
    startMiB: diskMiB === undefined ? undefined : diskMiB - sizeMiB - GPT_BACKUP_MIB,
    sizeMiB,
    actualMiB: sizeMiB,
    created: false,
  };
}

/** Gives sized partitions without a start their place before the end, the last wanted one last. */
function placeFromEnd(wishes: readonly PartitionIntent[], end: number | undefined): PartitionIntent[] {
  const open = (wish: PartitionIntent) => wish.startMiB === undefined && wish.size !== 'rest';
  if (end === undefined && wishes.some(open)) {
    throw new PlanError('without the size of the disk each partition needs a start', 'diskSize');
  }
  let before = (end ?? 0) - END_BUFFER_MIB;
  const placed = [...wishes];
  for (let index = wishes.length - 1; index >= 0; index--) {
    const wish = wishes[index];
    if (wish === undefined || !open(wish)) continue;
    before -= Number(wish.size);
    placed[index] = { ...wish, startMiB: before };
  }
  return placed;
}

function measure(
  { purpose, size, startMiB }: PartitionIntent & { startMiB: number },
  next: number | undefined,
  end: number | undefined,
): PlannedPartition {
  const usage = { ...USAGES[purpose], purpose, startMiB, created: true };
  if (size !== 'rest') return { ...usage, sizeMiB: size, actualMiB: size };
  // Ignition makes partitions in their order: one that takes all that is left must not have another behind it.
  if (next !== undefined) return { ...usage, sizeMiB: next - startMiB, actualMiB: next - startMiB };
  return { ...usage, sizeMiB: 0, actualMiB: end === undefined ? undefined : end - startMiB };
}

function check({ rootMinMiB }: Intent, partitions: readonly PlannedPartition[], end: number | undefined): void {
  for (const [index, { purpose, startMiB = 0, actualMiB }] of partitions.entries()) {
    const next = partitions[index + 1];
    const last = startMiB + (actualMiB ?? 0);
    if (startMiB < ROOT_START_MIB + rootMinMiB) {
      throw new PlanError(
        `the ${purpose} partition would begin at ${startMiB} MiB and leave ${Math.max(0, startMiB - ROOT_START_MIB)} MiB to the root, ` +
          `which is to keep ${rootMinMiB} MiB; make it smaller, move it, or lower the minimum`,
      );
    }
    if (actualMiB !== undefined && actualMiB < MIN_PARTITION_MIB) {
      throw new PlanError(
        `the ${purpose} partition would have ${actualMiB} MiB; it needs at least ${MIN_PARTITION_MIB}`,
      );
    }
    if (next?.startMiB !== undefined && last > next.startMiB) {
      throw new PlanError(
        `the partitions for ${purpose} (up to ${last} MiB) and ${next.purpose} (from ${next.startMiB} MiB) overlap`,
      );
    }
    if (end !== undefined && last > end) {
      throw new PlanError(`the ${purpose} partition would end at ${last} MiB, behind what is free: ${end} MiB`);
    }
  }
  if (partitions.length === 0 && end !== undefined && end < ROOT_START_MIB + rootMinMiB) {
    throw new PlanError(
      `the kept partition would leave ${end - ROOT_START_MIB} MiB to the root, which is to keep ${rootMinMiB} MiB`,
    );
  }
}
