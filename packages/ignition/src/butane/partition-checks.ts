import type { Report } from '../source/report.js';
import type { IgnitionConfig, Partition } from '../spec/ignition-config.js';

/** What the partitions of the OS image need, so that root does not outgrow its neighbours. */
const ROOT_MIB = 8192;
/** The number that each label of the OS image has. */
const RESERVED: Record<string, number | undefined> = {
  'BIOS-BOOT': 1,
  'PowerPC-PReP-boot': 1,
  'EFI-SYSTEM': 2,
  boot: 3,
  root: 4,
};

/** Warns of partitions that collide with those of the OS image, after the mirror was added (edge.md 1.7). */
export function checkImagePartitions({ storage = {} }: IgnitionConfig, report: Report): void {
  storage.disks?.forEach(({ partitions = [], wipeTable }, disk) => {
    partitions.forEach((partition, index) => {
      const place = ['storage', 'disks', disk, 'partitions', index];
      const { label, number = 0, sizeMiB } = partition;
      if (label === undefined) return;
      if (label === 'root' && !sizeMiB && isFollowedByAutomatic(partitions, index)) {
        report.warning([...place, 'label'], 'root-constrained');
      }
      // The reference names the field in the words of Butane here.
      if (label === 'root' && sizeMiB && sizeMiB < ROOT_MIB) report.warning([...place, 'size_mib'], 'root-too-small');
      const reserved = RESERVED[label];
      if (wipeTable !== true && reserved !== undefined && reserved !== number) {
        report.warning([...place, 'label'], 'reserved-label-number');
      }
    });
  });
}

function isFollowedByAutomatic(partitions: Partition[], index: number): boolean {
  return partitions.slice(index + 1).some(({ startMiB }) => !startMiB);
}
