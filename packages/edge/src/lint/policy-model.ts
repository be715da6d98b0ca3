import { entriesAt, itemsAt, nodeAt, stringAt, stringNodeAt, type TreeNode } from '../diagnostics/tree.js';
import { DEPLOY_WAVE } from '../policies/policy.js';
import type { TextNode } from './embedded.js';
import type { LintDocument } from './lint-document.js';

/** What the source CRs of the local registry hold when nothing is laid over them (edge.md 4.5). */
const SOURCE_DEFAULTS: Record<string, { name: string; wave: number }> = {
  'StorageClass.yaml': { name: 'example-storage-class', wave: 10 },
  'StoragePVC.yaml': { name: 'pvc-storage', wave: 10 },
  'StoragePV.yaml': { name: 'pv-filesystem', wave: 10 },
  'ImageRegistryPV.yaml': { name: 'image-registry-pv-filesystem', wave: 2 },
  'ImageRegistryConfig.yaml': { name: 'cluster', wave: 11 },
};
const DEFAULT_CLASS = 'image-registry-sc';

/** One entry of `sourceFiles`. */
export interface SourceFileModel {
  node: TreeNode;
  /** Without the folder that newer layouts put it in. */
  fileName: string;
  fileNameNode: TextNode | undefined;
  policyName: string | undefined;
  /** Name of the object after the overlay. */
  name: string | undefined;
  /** The wave annotation of the overlay. */
  waveNode: TreeNode | undefined;
  /** The wave that counts, of the overlay or of the source CR; undefined when neither is known. */
  wave: number | undefined;
}

/** A PolicyGenTemplate, or a fragment of one as documentation prints it. */
export interface TemplateModel {
  document: LintDocument;
  spec: TreeNode;
  name: string | undefined;
  files: SourceFileModel[];
  /** Absent in fragments. */
  bindingRules: ReadonlyMap<string, string> | undefined;
}

export function templateOf(document: LintDocument): TemplateModel {
  const { root } = document;
  const spec = nodeAt(root, 'spec') ?? root;
  const rules = nodeAt(spec, 'bindingRules');
  return {
    document,
    spec,
    name: stringAt(root, 'metadata', 'name'),
    files: itemsAt(spec, 'sourceFiles').map(sourceFile),
    bindingRules: rules && new Map(entriesAt(rules).map(([key, { value }]) => [key, text(value)])),
  };
}

function text(node: TreeNode): string {
  return node.kind === 'scalar' ? String(node.value ?? '') : '';
}

function sourceFile(node: TreeNode): SourceFileModel {
  const fileNameNode = stringNodeAt(node, 'fileName');
  const fileName = fileNameNode?.value.slice(fileNameNode.value.lastIndexOf('/') + 1) ?? '';
  const waveNode = nodeAt(node, 'metadata', 'annotations', DEPLOY_WAVE);
  const said = waveNode && text(waveNode);
  return {
    node,
    fileName,
    fileNameNode,
    policyName: stringAt(node, 'policyName'),
    name: stringAt(node, 'metadata', 'name') ?? SOURCE_DEFAULTS[fileName]?.name,
    waveNode,
    wave: said === undefined ? SOURCE_DEFAULTS[fileName]?.wave : /^-?\d{1,9}$/.test(said) ? Number(said) : undefined,
  };
}

/** A local volume of the registry: where its path and size are said. */
export interface VolumeModel {
  document: LintDocument;
  /** The node to point at: the path, or the entry whose source CR has it. */
  node: TreeNode;
  name: string | undefined;
  path: string;
  /** As written, such as `100Gi`. */
  storage: string;
  storageClass: string;
}

/** The volume that an entry makes; undefined for other entries. */
export function volumeOf(document: LintDocument, file: SourceFileModel): VolumeModel | undefined {
  const isRegistry = file.fileName === 'ImageRegistryPV.yaml';
  if (!isRegistry && file.fileName !== 'StoragePV.yaml') return undefined;
  const spec = nodeAt(file.node, 'spec');
  const path = stringNodeAt(spec, 'local', 'path');
  return {
    document,
    node: path ?? file.fileNameNode ?? file.node,
    name: file.name,
    path: path?.value ?? (isRegistry ? '/var/imageregistry/' : '/mnt/local-storage'),
    storage: stringAt(spec, 'capacity', 'storage') ?? (isRegistry ? '100Gi' : '10Mi'),
    storageClass: stringAt(spec, 'storageClassName') ?? (isRegistry ? DEFAULT_CLASS : 'example-storage-class'),
  };
}

/** The volume that a PersistentVolume object is; undefined for other objects. */
export function volumeObject(document: LintDocument): VolumeModel | undefined {
  const { root } = document;
  const path = stringNodeAt(root, 'spec', 'local', 'path');
  if (stringAt(root, 'kind') !== 'PersistentVolume' || path === undefined) return undefined;
  return {
    document,
    node: path,
    name: stringAt(root, 'metadata', 'name'),
    path: path.value,
    storage: stringAt(root, 'spec', 'capacity', 'storage') ?? '',
    storageClass: stringAt(root, 'spec', 'storageClassName') ?? '',
  };
}

/** A path as it is compared: without a slash at its end. */
export function normalPath(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
