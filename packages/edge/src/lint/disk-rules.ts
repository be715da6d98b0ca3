import { itemsAt, numberAt, stringAt, stringNodeAt, type TreeNode } from '../diagnostics/tree.js';
import { coversLabel, savedLabelGlobs } from '../plan/installer-args.js';
import { ROOT_START_MIB } from '../plan/layout.js';
import { MIN_START_MIB } from '../siteconfig/disk-partition.js';
import { type DiskView, labelOfDevice } from './ignition-view.js';
import type { LintDocument } from './lint-document.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';
import { type ConfigModel, type NodeModel, partitionsOf } from './site-model.js';
import type { TextNode } from './embedded.js';

/** By this name Ignition finds the boot disk at first boot, whatever it is (edge.md 6, EL005). */
const BOOT_DISK = '/dev/disk/by-id/coreos-boot-disk';
/** BIOS boot, ESP, boot and root have the first numbers of a disk with the OS image. */
const IMAGE_PARTITIONS = 4;
const KERNEL_NAME = /^\/dev\/(sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)(p?\d+)?$/;

/** EL004, EL005, EL022, EL024: how disks are named and cut. */
export function diskRules(set: LintSet, report: Reporter): void {
  for (const config of set.configs) {
    for (const { device } of config.view.disks) kernelName(config.document, device, report);
    for (const disk of config.view.disks) geometry(config, disk, set.options.diskMiB, report);
  }
  for (const node of set.nodes) nodeDisks(node, report);
  namedDifferently(set, report);
}

function kernelName(document: LintDocument, device: TextNode | undefined, report: Reporter): void {
  if (device === undefined || !KERNEL_NAME.test(device.value)) return;
  const message = `${device.value} may be another disk after the next boot; use its name in /dev/disk/by-path or its WWN`;
  report.node('EL005', document, device, message, {
    fix: `${BOOT_DISK}, if it is the disk that is installed to`,
  });
}

function nodeDisks(node: NodeModel, report: Reporter): void {
  const { document } = node.cluster;
  kernelName(document, node.rootDevice, report);
  for (const shorthand of node.diskPartitions) kernelName(document, stringNodeAt(shorthand, 'device'), report);
  const globs = savedLabelGlobs(node.args ?? []);
  for (const disk of node.config?.view.disks ?? []) {
    const isRoot = disk.device?.value === BOOT_DISK || disk.device?.value === node.rootDevice?.value;
    if (disk.device !== undefined && node.rootDevice !== undefined && !isRoot && !disk.wipes) {
      const message = `the layout is for ${disk.device.value}, the node installs to ${node.rootDevice.value}`;
      report.node('EL004', document, disk.device, message, { fix: `"device": "${node.rootDevice.value}"` });
    }
    if (isRoot && disk.wipes) {
      report.node('EL024', document, disk.node, 'wipeTable is true for the disk that the OS was just installed to');
    }
    for (const { label, number, node: partition } of disk.partitions) {
      if (label === undefined || number > 0 || !globs.some((glob) => coversLabel(glob, label.value))) continue;
      const message = `the installer keeps a partition ${label.value}, and without its number this entry does not find it`;
      report.node('EL024', document, partition, message, { fix: `leave the entry out, or add "number" to it` });
    }
  }
}

interface Extent {
  node: TreeNode;
  name: string;
  start: number;
  end: number;
}

function extentsOf({ partitions }: DiskView): Extent[] {
  return partitions.flatMap(({ node, label, number, startMiB = 0, sizeMiB = 0 }) =>
    startMiB > 0 ? { node, name: label?.value ?? `number ${number}`, start: startMiB, end: startMiB + sizeMiB } : [],
  );
}

function geometry(
  { document, level }: ConfigModel,
  disk: DiskView,
  diskMiB: number | undefined,
  report: Reporter,
): void {
  const extents = extentsOf(disk).sort((a, b) => a.start - b.start);
  const first = extents[0];
  // Another disk, emptied or not, has no root before its first partition.
  const hasImage = !disk.wipes && !disk.partitions.some(({ number }) => number >= 1 && number <= IMAGE_PARTITIONS);
  if (first !== undefined && hasImage && level !== 'cluster' && first.start < MIN_START_MIB) {
    const message = `${first.name} begins at ${first.start} MiB and leaves ${Math.max(0, first.start - ROOT_START_MIB)} MiB to the root; it must not begin before ${MIN_START_MIB}`;
    report.node('EL022', document, first.node, message);
  }
  overlaps(document, extents, report);
  for (const { node, name, start, end } of extents) {
    if (diskMiB !== undefined && (end > diskMiB || start >= diskMiB)) {
      report.node('EL022', document, node, `${name} ends at ${end} MiB; the disk has ${diskMiB} MiB`);
    }
  }
}

function overlaps(document: LintDocument, extents: readonly Extent[], report: Reporter): void {
  for (const [index, extent] of extents.entries()) {
    const before = extents[index - 1];
    if (before === undefined || before.end <= extent.start) continue;
    const message = `${extent.name} begins at ${extent.start} MiB, but ${before.name} goes on to ${before.end} MiB`;
    report.node('EL022', document, extent.node, message);
  }
}

/** EL008 and the overlap of both mechanisms: an override and the shorthand on one node. */
export function mixedMechanisms({ nodes }: LintSet, report: Reporter): void {
  for (const { cluster, config, diskPartitions } of nodes) {
    const [first] = diskPartitions;
    if (first === undefined || config === undefined || config.view.disks.length === 0) continue;
    const message =
      'diskPartition and the layout in ignitionConfigOverride are both applied; describe the disk in one of them';
    report.node('EL008', cluster.document, first, message);
    for (const shorthand of diskPartitions) {
      const device = stringAt(shorthand, 'device');
      const disk = config.view.disks.find((one) => one.device?.value === device);
      if (disk === undefined) continue;
      const extents = itemsAt(shorthand, 'partitions').map((node) => {
        const start = numberAt(node, 'start') ?? 0;
        return { node, name: stringAt(node, 'mount_point') ?? '', start, end: start + (numberAt(node, 'size') ?? 0) };
      });
      const both = [...extents, ...extentsOf(disk)].sort((a, b) => a.start - b.start);
      overlaps(cluster.document, both, report);
    }
  }
}

/** One layout under two names: what is applied, or stands in a file of its own, against the node's override. */
function namedDifferently({ configs, nodes }: LintSet, report: Reporter): void {
  // With more nodes it is not known whose a file is; a host object says its own cluster.
  const references = nodes.length <= 1 ? configs.filter(({ level }) => level !== 'cluster') : [];
  const first = new Map<string, TextNode>();
  for (const config of references) {
    for (const { device, label } of partitionsOf(config)) {
      const known = first.get(label);
      if (known === undefined) first.set(label, device);
      else if (known.value !== device.value) differently(config, device, known, label, report);
    }
  }
  if (nodes.length > 1) appliedToHosts(configs, nodes, report);
}

function differently(config: ConfigModel, device: TextNode, known: TextNode, label: string, report: Reporter): void {
  const what = config.level === 'applied' ? 'the applied annotation has' : 'this layout has';
  const message = `${what} ${label} on ${device.value}, the planned one on ${known.value}; name the disk the same way in both`;
  report.node('EL004', config.document, device, message);
  const [here, there] = [wayOf(device.value), wayOf(known.value)];
  if (here === there || device.value === BOOT_DISK || known.value === BOOT_DISK) return;
  const words = `the same disk is named ${here} here and ${there} there; both last, but only one of them can be compared`;
  report.node('EL005', config.document, device, words);
}

function wayOf(device: string): string {
  return /^\/dev\/disk\/(by-[a-z]+)\//.exec(device)?.[1] ?? 'by the kernel';
}

function appliedToHosts(configs: readonly ConfigModel[], nodes: readonly NodeModel[], report: Reporter): void {
  const byHost = new Map(nodes.map((node) => [`${node.cluster.name}/${node.hostName}`, node]));
  for (const applied of configs.filter(({ level }) => level === 'applied')) {
    const { root } = applied.document;
    const hostName = stringAt(root, 'metadata', 'annotations', 'bmac.agent-install.openshift.io/hostname');
    const name = hostName ?? stringAt(root, 'metadata', 'name');
    const node = byHost.get(`${stringAt(root, 'metadata', 'namespace')}/${name}`);
    const planned = new Map(node?.config && partitionsOf(node.config).map(({ device, label }) => [label, device]));
    for (const { device, label } of partitionsOf(applied)) {
      const known = planned.get(label);
      if (known !== undefined && known.value !== device.value) differently(applied, device, known, label, report);
    }
  }
}

/** Labels of the OS image's own partitions: the installer writes them itself. */
const IMAGE_LABELS = ['root', 'boot', 'EFI-SYSTEM', 'BIOS-BOOT', 'PowerPC-PReP-boot', 'reserved'];

/** EL021: what units and file systems mount by label must be created here or kept by the installer. */
export function keptPartitions({ nodes }: LintSet, report: Reporter): void {
  for (const node of nodes) {
    const configs = [node.config, node.cluster.config].flatMap((config) => config ?? []);
    const created = new Set([
      ...configs.flatMap((config) => partitionsOf(config).map(({ label }) => label)),
      ...node.diskPartitions.flatMap((disk) =>
        itemsAt(disk, 'partitions').map((one) => (stringAt(one, 'mount_point') ?? '').slice(1).replaceAll('/', '-')),
      ),
      ...IMAGE_LABELS,
    ]);
    const globs = savedLabelGlobs(node.args ?? []);
    const args = node.args ?? [];
    // A range of numbers may cover any label.
    if (node.args === undefined || args.some((arg) => arg.startsWith('--save-partindex'))) continue;
    for (const label of new Set(configs.flatMap(labelsUsed))) {
      if (created.has(label) || globs.some((glob) => coversLabel(glob, label))) continue;
      const message = `/dev/disk/by-partlabel/${label} is used, but nothing creates it and the installer is not told to keep it: its data is lost on installation`;
      const fix = `installerArgs: '${JSON.stringify([...args, '--save-partlabel', label])}'`;
      report.node('EL021', node.cluster.document, node.installerArgs ?? node.node, message, { fix });
    }
  }
}

function labelsUsed({ view }: ConfigModel): string[] {
  const mounts = view.units.flatMap(({ settings }) =>
    settings.filter(({ key }) => key === 'What').map(({ value }) => value),
  );
  return [...mounts, ...view.filesystems.flatMap(({ device }) => device ?? [])].flatMap(
    (device) => labelOfDevice(device) ?? [],
  );
}
