import { parseYamlTrees } from '../diagnostics/yaml-tree.js';
import { parseJsonTree, JsonSyntaxError } from '../diagnostics/json-tree.js';
import { valueOf } from '../diagnostics/tree.js';
import { type BlockDevice, readBlockDevices } from './block-devices.js';
import { type KubeObject, kubeObjectsIn } from './kube-object.js';
import { type DiskUsage, type MountOptions, readDiskUsage, readMounts } from './mount-table.js';

/** What is known of a site; absent is what nobody has collected. */
export interface Evidence {
  objects: KubeObject[];
  /** The text of the override annotation by itself, as `jq` prints it. */
  override?: string;
  /** Kinds that were asked for, so that none of them is known to be there. */
  kinds: Set<string>;
  blockDevices?: BlockDevice[];
  usage?: DiskUsage[];
  usageAfterPush?: DiskUsage[];
  mounts?: MountOptions;
  login?: 'succeeded' | 'failed';
  /** Files that tell nothing of the above, with the reason. */
  unread: { file: string; reason: string }[];
}

export interface CollectedFile {
  name: string;
  text: string;
}

/**
 * Reads collected files; what a file is shows in its text. Only two things are told by the name: `after` marks the usage after
 * a push, and `login` the answer of a registry login.
 */
export function readEvidence(files: readonly CollectedFile[]): Evidence {
  const evidence: Evidence = { objects: [], kinds: new Set(), unread: [] };
  for (const file of files) {
    const reason = take(file, evidence);
    if (reason !== undefined) evidence.unread.push({ file: file.name, reason });
  }
  return evidence;
}

/** Adds what a file tells; the reason when it tells nothing. */
function take({ name, text }: CollectedFile, evidence: Evidence): string | undefined {
  if (text.trim() === '') return 'it is empty';
  if (name.includes('login')) {
    evidence.login = /\bLogin Succeeded\b/.test(text) ? 'succeeded' : 'failed';
    return undefined;
  }
  const usage = readDiskUsage(text);
  if (usage !== undefined) {
    evidence[name.includes('after') ? 'usageAfterPush' : 'usage'] = usage;
    return undefined;
  }
  const mounts = readMounts(text);
  if (mounts !== undefined) {
    evidence.mounts = mounts;
    return undefined;
  }
  if (/^NAME\s+MAJ:MIN/.test(text)) return 'it is the table of lsblk; collect the output of lsblk -J';
  return takeDocuments(name, text, evidence);
}

function takeDocuments(name: string, text: string, evidence: Evidence): string | undefined {
  const values = documentsIn(text);
  if (typeof values === 'string') return values;
  let found = false;
  for (const value of values) {
    const override = typeof value === 'string' && value.startsWith('{') ? value : undefined;
    if (override !== undefined) evidence.override = override;
    const devices = readBlockDevices(value);
    if (devices !== undefined) evidence.blockDevices = devices;
    const objects = kubeObjectsIn(value);
    const kinds = kindsAskedFor(name, value);
    for (const kind of kinds) evidence.kinds.add(kind);
    for (const object of objects) evidence.kinds.add(object.kind);
    evidence.objects.push(...objects);
    found ||= override !== undefined || devices !== undefined || objects.length > 0 || kinds.length > 0;
  }
  return found ? undefined : 'it has neither block devices nor objects of a cluster';
}

/** What the files of the collecting script were asked for, as `oc` calls each list, also an empty one, just `List`. */
const ASKED_FOR: Record<string, string[]> = {
  'host.json': ['BareMetalHost'],
  'policies.json': ['Policy'],
  'storage.json': ['StorageClass', 'PersistentVolume'],
  'claims.json': ['PersistentVolumeClaim'],
  'pods.json': ['Pod'],
};

/** The kinds that a list tells of, also when it has no items. */
function kindsAskedFor(name: string, value: unknown): string[] {
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !kind.endsWith('List')) return [];
  return kind === 'List' ? (ASKED_FOR[name] ?? []) : [kind.slice(0, -'List'.length)];
}

function documentsIn(text: string): unknown[] | string {
  if (/^\s*[{["]/.test(text)) {
    try {
      return [valueOf(parseJsonTree(text))];
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      return `it is no JSON: ${error.message}`;
    }
  }
  const documents = parseYamlTrees(text);
  const problem = documents.flatMap(({ problems }) => problems)[0];
  if (problem !== undefined) return `it is no YAML: ${problem.message}`;
  return documents.flatMap(({ root }) => (root === undefined ? [] : [valueOf(root)]));
}
