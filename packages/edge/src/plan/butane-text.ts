import { escapePath } from '@longshore/ignition';
import type { Intent } from './intent.js';
import type { DiskLayout, PlannedPartition } from './layout.js';
import { yamlText } from './yaml-text.js';

/**
 * The Butane file of a layout. Version 1.3.0 becomes Ignition 3.2.0, the newest that the install service merges (edge.md 2.2).
 */
export function butaneText({ site, cluster }: Intent, { disk, partitions }: DiskLayout): string {
  const created = partitions.filter((partition) => partition.created);
  const kept = partitions.filter((partition) => !partition.created);
  const config = {
    variant: 'fcos',
    version: '1.3.0',
    ...(created.length === 0
      ? {}
      : {
          storage: {
            disks: [{ device: disk, wipe_table: false, partitions: created.map(partitionEntry) }],
            filesystems: created.map(filesystemEntry),
          },
        }),
    ...(kept.length === 0 ? {} : { systemd: { units: kept.map(mountUnit) } }),
  };
  return `# Disk of ${cluster} at ${site}; transpile with: longshore butane storage.bu\n${yamlText(config)}`;
}

function partitionEntry({ label, startMiB, sizeMiB }: PlannedPartition): object {
  return { label, start_mib: startMiB, size_mib: sizeMiB };
}

function filesystemEntry({ label, mountPoint, mountOptions }: PlannedPartition): object {
  return {
    path: mountPoint,
    device: `/dev/disk/by-partlabel/${label}`,
    format: 'xfs',
    wipe_filesystem: true,
    with_mount_unit: true,
    mount_options: mountOptions,
  };
}

/**
 * A kept partition is mounted by a unit of its own: a file system that Ignition is told of and does not find ends the boot,
 * while a machine without its pre-cached images can still pull them.
 */
function mountUnit({ label, mountPoint, mountOptions }: PlannedPartition): object {
  return {
    name: `${escapePath(mountPoint)}.mount`,
    enabled: true,
    contents: [
      '[Unit]',
      'Description=Images that the factory has put on the disk',
      '',
      '[Mount]',
      `What=/dev/disk/by-partlabel/${label}`,
      `Where=${mountPoint}`,
      'Type=xfs',
      `Options=${mountOptions.join(',')}`,
      'TimeoutSec=30',
      '',
      '[Install]',
      'WantedBy=local-fs.target',
      '',
    ].join('\n'),
  };
}
