import { posix } from 'node:path';
import { escapePath } from '@longshore/ignition';
import { integer, list, object, text, type Shape } from '../yaml/decode.js';
import { fields, type Fields, type Value } from '../yaml/value.js';

/** A partition for images: a shorthand for a MachineConfig on single nodes (edge.md 3.6). Sizes are in MiB. */
export interface Partition {
  mount_point: string;
  size: number;
  start: number;
  file_system_format: string;
}

export interface DiskPartition {
  device: string;
  partitions: Partition[];
}

/** The lowest start that leaves room for the root file system. */
export const MIN_START_MIB = 25_000;

/** What is wrong with a partition, one text for each rule. */
export function partitionProblems({ mount_point, size, start }: Partition): { field: keyof Partition; text: string }[] {
  const problems: { field: keyof Partition; text: string }[] = [];
  if (start < MIN_START_MIB)
    problems.push({ field: 'start', text: `start value too small. must be over ${MIN_START_MIB}` });
  if (size <= 0) problems.push({ field: 'size', text: 'choose an appropriate partition size. must be greater than 0' });
  if (mount_point === '') {
    problems.push({ field: 'mount_point', text: 'must provide a path for mount_point. e.g /var/path' });
  }
  if (!posix.isAbsolute(mount_point)) {
    problems.push({ field: 'mount_point', text: 'path must be absolute mount_point. e.g /var/path' });
  }
  return problems;
}

const partition: Shape<Partition> = object<Partition>(
  'siteConfig.PartitionsUserInput',
  { mount_point: text, size: integer, start: integer, file_system_format: text },
  {
    check: (value, decoder, node) => {
      const problems = partitionProblems(value);
      if (problems.length > 0) decoder.breakRule(node, problems.map(({ text: words }) => words).join(' && '));
    },
  },
);

/** How `nodes[].diskPartition` is read. */
export const diskPartitions = list(
  object<DiskPartition>('siteConfig.DiskPartition', {
    device: text,
    partitions: list(partition, 'siteConfig.Partitions'),
  }),
);

/** The path without a trailing slash, doubled slashes and dots. */
export function cleanMountPoint(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** The partition label that is made of a mount point. */
export function partitionLabel(mountPoint: string): string {
  return cleanMountPoint(mountPoint).slice(1).replaceAll('/', '-');
}

/** The MachineConfig that creates, formats and mounts the partitions of a node. */
export function partitionManifest(disks: readonly DiskPartition[], role: string): Fields {
  const partitions = disks.flatMap((disk) => disk.partitions);
  return machineConfig(`98-var-imageregistry-partition-${role}`, role, {
    storage: fields([
      ['disks', disks.map(diskEntry)],
      ['filesystems', partitions.map(filesystemEntry)],
    ]),
    systemd: fields([['units', partitions.map(mountUnit)]]),
  });
}

/** A MachineConfig with an Ignition config of the given sections. */
export function machineConfig(
  name: string,
  role: string,
  config: Record<string, Value>,
  spec: Record<string, Value> = {},
): Fields {
  return fields([
    ['apiVersion', 'machineconfiguration.openshift.io/v1'],
    ['kind', 'MachineConfig'],
    [
      'metadata',
      fields([
        ['name', name],
        ['labels', fields([['machineconfiguration.openshift.io/role', role]])],
      ]),
    ],
    [
      'spec',
      fields([
        ['config', fields([['ignition', fields([['version', '3.2.0']])], ...Object.entries(config)])],
        ...Object.entries(spec),
      ]),
    ],
  ]);
}

function diskEntry({ device, partitions }: DiskPartition): Fields {
  return fields([
    ['device', device],
    ['wipeTable', false],
    [
      'partitions',
      partitions.map(({ mount_point, size, start }) =>
        fields([
          ['label', partitionLabel(mount_point)],
          ['sizeMiB', size],
          ['startMiB', start],
        ]),
      ),
    ],
  ]);
}

function filesystemEntry({ mount_point, file_system_format }: Partition): Fields {
  return fields([
    ['device', `/dev/disk/by-partlabel/${partitionLabel(mount_point)}`],
    ['format', file_system_format === '' ? 'xfs' : file_system_format],
    ['path', cleanMountPoint(mount_point)],
  ]);
}

function mountUnit({ mount_point }: Partition): Fields {
  const path = cleanMountPoint(mount_point);
  const contents = [
    '[Unit]',
    'Before=local-fs.target',
    '[Mount]',
    `Where=${path}`,
    `What=/dev/disk/by-partlabel/${partitionLabel(mount_point)}`,
    '[Install]',
    'WantedBy=local-fs.target',
  ];
  return fields([
    ['name', `${escapePath(path)}.mount`],
    ['enabled', true],
    ['contents', `${contents.join('\n')}\n`],
  ]);
}
