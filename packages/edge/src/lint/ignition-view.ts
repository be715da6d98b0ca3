import {
  itemsAt,
  nodeAt,
  numberAt,
  type ScalarNode,
  stringAt,
  stringNodeAt,
  type TreeNode,
} from '../diagnostics/tree.js';
import { decodeResource } from './resource-text.js';

type Text = ScalarNode & { value: string };

interface PartitionView {
  node: TreeNode;
  label: Text | undefined;
  number: number;
  startMiB: number | undefined;
  sizeMiB: number | undefined;
}

export interface DiskView {
  node: TreeNode;
  device: Text | undefined;
  wipes: boolean;
  partitions: PartitionView[];
}

interface FilesystemView {
  node: TreeNode;
  device: string | undefined;
  path: Text | undefined;
  format: string | undefined;
  mountOptions: string[];
}

export interface UnitView {
  name: Text | undefined;
  contents: Text | undefined;
  settings: UnitSetting[];
}

export interface UnitSetting {
  section: string;
  key: string;
  value: string;
  /** The text that it stands in, that of the unit or of a drop-in, and the index in it at which the value begins. */
  text: Text;
  index: number;
}

export interface FileView {
  node: TreeNode;
  path: string;
  source: TreeNode | undefined;
  /** The decoded text, when it can be decoded. */
  text: string | undefined;
  mode: TreeNode | undefined;
}

/** What an Ignition or Butane configuration says, in one form; the two differ in their spelling. */
export interface ConfigView {
  disks: DiskView[];
  filesystems: FilesystemView[];
  units: UnitView[];
  files: FileView[];
  directories: { mode: TreeNode | undefined }[];
}

/** Looks at a configuration; parts of another type than they should have are passed over here. */
export function viewConfig(root: TreeNode, spelling: 'ignition' | 'butane'): ConfigView {
  const name = (words: string) => (spelling === 'butane' ? words : camel(words));
  return {
    disks: itemsAt(root, 'storage', 'disks').map((node) => ({
      node,
      device: stringNodeAt(node, 'device'),
      wipes: booleanAt(node, name('wipe_table')),
      partitions: itemsAt(node, 'partitions').map((partition) => ({
        node: partition,
        label: stringNodeAt(partition, 'label'),
        number: numberAt(partition, 'number') ?? 0,
        startMiB: numberAt(partition, name('start_mib')),
        sizeMiB: numberAt(partition, name('size_mib')),
      })),
    })),
    filesystems: itemsAt(root, 'storage', 'filesystems').map((node) => ({
      node,
      device: stringAt(node, 'device'),
      path: stringNodeAt(node, 'path'),
      format: stringAt(node, 'format'),
      mountOptions: itemsAt(node, name('mount_options')).flatMap((option) => stringAt(option) ?? []),
    })),
    units: itemsAt(root, 'systemd', 'units').map(viewUnit),
    files: itemsAt(root, 'storage', 'files').map((node) => ({
      node,
      path: stringAt(node, 'path') ?? '',
      source: nodeAt(node, 'contents', 'source') ?? nodeAt(node, 'contents', 'inline'),
      text:
        decodeResource(stringAt(node, 'contents', 'source'), stringAt(node, 'contents', 'compression')) ??
        stringAt(node, 'contents', 'inline'),
      mode: nodeAt(node, 'mode'),
    })),
    directories: itemsAt(root, 'storage', 'directories').map((node) => ({ mode: nodeAt(node, 'mode') })),
  };
}

function camel(words: string): string {
  return words.replace(/_mib$/, 'MiB').replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function booleanAt(node: TreeNode, key: string): boolean {
  const found = nodeAt(node, key);
  return found?.kind === 'scalar' && found.value === true;
}

function viewUnit(node: TreeNode): UnitView {
  const contents = stringNodeAt(node, 'contents');
  const dropins = itemsAt(node, 'dropins').flatMap((dropin) => stringNodeAt(dropin, 'contents') ?? []);
  const texts = [contents, ...dropins].flatMap((text) => (text === undefined ? [] : unitSettings(text)));
  return { name: stringNodeAt(node, 'name'), contents, settings: texts };
}

/** The settings of a unit's text (systemd.syntax): comments left out, continued lines joined. */
function unitSettings(text: Text): UnitSetting[] {
  const settings: UnitSetting[] = [];
  let section = '';
  let index = 0;
  let last: UnitSetting | undefined;
  for (const line of text.value.split('\n')) {
    const trimmed = line.trim();
    const isComment = trimmed.startsWith('#') || trimmed.startsWith(';');
    if (last !== undefined && !isComment) {
      last.value = `${last.value.slice(0, -1)} ${trimmed}`;
      if (!trimmed.endsWith('\\')) last = undefined;
    } else if (trimmed.startsWith('[') && trimmed.endsWith(']')) section = trimmed.slice(1, -1);
    else if (!isComment && trimmed.includes('=')) {
      const equals = line.indexOf('=');
      const value = line.slice(equals + 1);
      const lead = value.length - value.trimStart().length;
      const setting = {
        text,
        section,
        key: line.slice(0, equals).trim(),
        value: value.trim(),
        index: index + equals + 1 + lead,
      };
      settings.push(setting);
      if (setting.value.endsWith('\\')) last = setting;
    }
    index += line.length + 1;
  }
  return settings;
}

/** The label of a device named by it: `/dev/disk/by-partlabel/data`. */
export function labelOfDevice(device: string | undefined): string | undefined {
  return /^\/dev\/disk\/by-partlabel\/(.+)$/
    .exec(device ?? '')?.[1]
    ?.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
