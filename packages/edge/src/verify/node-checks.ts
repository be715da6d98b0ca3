import type { BlockDevice } from './block-devices.js';
import { type Check, outcome } from './check.js';
import type { Evidence } from './evidence.js';
import type { ExpectedPartition, SiteExpectation } from './expectation.js';
import type { DiskUsage } from './mount-table.js';

/** Planned sizes are told with one decimal, and that of the disk may have been told rounded. */
const TOLERANCE_GIB = 0.11;
/** What XFS keeps of a partition for itself, at most. */
const FILESYSTEM_SHARE = 0.02;

/** V2: each planned partition is on the disk, of its size, and mounted where it should be. */
export function blockDeviceChecks({ partitions, rootGiB }: SiteExpectation, { blockDevices }: Evidence): Check[] {
  const disks = blockDevices ?? [];
  const checks = partitions.map((partition) =>
    outcome(
      'V2',
      `partition ${partition.label}`,
      `${partition.sizeGiB === undefined ? 'a partition' : `${partition.sizeGiB}G`} at ${partition.mountPoint}`,
      blockDevices && partitionFound(disks, partition),
    ),
  );
  if (rootGiB === undefined) return checks;
  const root = flatten(disks).find(({ mountPoints }) => mountPoints.includes('/sysroot') || mountPoints.includes('/'));
  const found = root && { text: `${root.name} ${root.size}`, wrong: wrongSize(root, rootGiB) };
  const missing = { text: '', wrong: ['no partition is mounted at /sysroot'] };
  return [outcome('V2', 'root partition', `${rootGiB}G`, blockDevices && (found ?? missing)), ...checks];
}

function partitionFound(disks: readonly BlockDevice[], { label, mountPoint, sizeGiB }: ExpectedPartition) {
  const all = flatten(disks);
  const mounted = all.find(({ mountPoints }) => mountPoints.includes(mountPoint));
  const labelled = all.find(({ partLabel }) => partLabel === label);
  const device = mounted ?? labelled;
  if (device === undefined) return { text: '', wrong: [`nothing is mounted at ${mountPoint}`] };
  const wrong = sizeGiB === undefined ? [] : wrongSize(device, sizeGiB);
  if (mounted === undefined) wrong.push(`${device.name} has the label but is not mounted at ${mountPoint}`);
  if (device.partLabel !== undefined && device.partLabel !== label) {
    wrong.push(`${device.name} has the label ${device.partLabel}`);
  }
  if (device.type !== 'part') wrong.push(`${device.name} is of type ${device.type}, not a partition`);
  return { text: `${device.name} ${device.size} at ${mountPoint}`, wrong };
}

function wrongSize({ name, size, measured }: BlockDevice, expected: string): string[] {
  const isRight =
    measured !== undefined && Math.abs(measured.gib - Number(expected)) <= TOLERANCE_GIB + measured.within;
  return isRight ? [] : [`${name} has ${size}`];
}

function flatten(devices: readonly BlockDevice[]): BlockDevice[] {
  return devices.flatMap((device) => [device, ...flatten(device.children)]);
}

/** V3: each planned mount has a device of its own, its size, and its mount options. */
export function filesystemChecks({ partitions }: SiteExpectation, evidence: Evidence): Check[] {
  return partitions.map((partition) =>
    outcome('V3', `file system at ${partition.mountPoint}`, expectedUsage(partition), usageFound(partition, evidence)),
  );
}

/** Options that show in the mount table; `defaults` and `nofail` do not. */
function visibleOptions({ mountOptions }: ExpectedPartition): string[] {
  return mountOptions.filter((option) => option !== 'defaults' && option !== 'nofail');
}

function expectedUsage(partition: ExpectedPartition): string {
  const options = visibleOptions(partition);
  const size = partition.sizeGiB === undefined ? 'a device of its own' : `${Math.ceil(Number(partition.sizeGiB))}G`;
  return options.length === 0 ? size : `${size}, ${options.join(',')}`;
}

function usageFound(partition: ExpectedPartition, { usage, mounts }: Evidence) {
  if (usage === undefined) return undefined;
  const line = usage.find(({ mountPoint }) => mountPoint === partition.mountPoint);
  if (line === undefined) return { text: '', wrong: [`df does not list ${partition.mountPoint}`] };
  const wrong: string[] = [];
  const shared = usage.find(({ device, mountPoint }) => device === line.device && mountPoint !== partition.mountPoint);
  if (shared !== undefined) wrong.push(`${line.device} is also mounted at ${shared.mountPoint}`);
  const size = Number(partition.sizeGiB ?? line.sizeGiB);
  if (
    line.sizeGiB - line.stepGiB > size + TOLERANCE_GIB ||
    line.sizeGiB < size * (1 - FILESYSTEM_SHARE) - TOLERANCE_GIB
  ) {
    wrong.push(`df shows ${gigabytes(line.sizeGiB)}`);
  }
  const present = mounts?.get(partition.mountPoint);
  for (const option of visibleOptions(partition)) {
    if (mounts !== undefined && !present?.includes(option)) wrong.push(`it is mounted without ${option}`);
  }
  const options = visibleOptions(partition).length > 0 && mounts === undefined ? ', mount options not collected' : '';
  return { text: `${line.device} ${gigabytes(line.sizeGiB)}${options}`, wrong };
}

function gigabytes(size: number): string {
  return `${Math.round(size * 10) / 10}G`;
}

/** V10: what is pushed to the registry lands on its partition. */
export function growthCheck({ registry }: SiteExpectation, { usage, usageAfterPush }: Evidence): Check[] {
  if (registry === undefined) return [];
  const at = (lines: typeof usage) => lines?.find(({ mountPoint }) => mountPoint === registry.path);
  const before = at(usage);
  const after = at(usageAfterPush);
  const check = outcome(
    'V10',
    `used bytes at ${registry.path}`,
    'more after a push',
    before && after && { text: `${sizeOf(before)}, then ${sizeOf(after)}`, wrong: [] },
  );
  return [{ ...check, ...(before && after && !hasGrown(before, after) && notGrown(before, after)), optional: true }];
}

function hasGrown(before: DiskUsage, after: DiskUsage): boolean {
  return after.usedGiB > before.usedGiB && after.usedGiB - after.usedStepGiB >= before.usedGiB;
}

/** Rounded figures that are as good as equal tell nothing: an image is small beside what `df -h` counts by. */
function notGrown(before: DiskUsage, after: DiskUsage): Pick<Check, 'status' | 'found'> {
  const figures = `${sizeOf(before)} before and ${sizeOf(after)} after the push`;
  if (after.usedGiB <= before.usedGiB - before.usedStepGiB) return { status: 'differs', found: figures };
  return { status: 'unseen', found: `${figures}, which df has rounded; collect both by df -B1` };
}

function sizeOf({ usedGiB, usedStepGiB }: DiskUsage): string {
  return usedStepGiB === 0 ? `${Math.round(usedGiB * 1024 ** 3)} bytes` : gigabytes(usedGiB);
}
