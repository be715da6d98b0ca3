import { entriesAt, itemsAt, nodeAt, stringAt, stringNodeAt, type TreeNode, valueOf } from '../diagnostics/tree.js';
import { parseInstallerArgs } from '../plan/installer-args.js';
import { embeddedJson, type TextNode } from './embedded.js';
import { type ConfigView, viewConfig } from './ignition-view.js';
import type { LintDocument } from './lint-document.js';

/** An Ignition or Butane configuration, wherever it stands. */
export interface ConfigModel {
  document: LintDocument;
  root: TreeNode;
  view: ConfigView;
  /** `cluster` works during discovery, `node` in the installed system, `applied` is what the hub has, `file` stands alone. */
  level: 'cluster' | 'node' | 'applied' | 'file';
  /** The scalar whose text it is, for embedded ones. */
  holder: TextNode | undefined;
}

export interface NodeModel {
  cluster: ClusterModel;
  node: TreeNode;
  hostName: string | undefined;
  rootDevice: TextNode | undefined;
  installerArgs: TextNode | undefined;
  args: string[] | undefined;
  config: ConfigModel | undefined;
  /** Entries of the diskPartition shorthand. */
  diskPartitions: readonly TreeNode[];
}

export interface ClusterModel {
  document: LintDocument;
  node: TreeNode;
  name: string | undefined;
  labels: ReadonlyMap<string, string> | undefined;
  /** Image set of the cluster, and the one of the site that it replaces. */
  imageSet: TextNode | undefined;
  siteImageSet: TextNode | undefined;
  installConfig: TextNode | undefined;
  config: ConfigModel | undefined;
  nodes: NodeModel[];
}

/** The clusters of a SiteConfig or of a ClusterInstance. */
export function clustersOf(document: LintDocument): ClusterModel[] {
  const { root, kind } = document;
  if (kind === 'clusterinstance') {
    const spec = nodeAt(root, 'spec');
    return spec === undefined ? [] : [clusterModel(document, spec, undefined)];
  }
  const siteImageSet = stringNodeAt(root, 'spec', 'clusterImageSetNameRef');
  return itemsAt(root, 'spec', 'clusters').map((node) => clusterModel(document, node, siteImageSet));
}

function clusterModel(document: LintDocument, node: TreeNode, siteImageSet: TextNode | undefined): ClusterModel {
  const labels = nodeAt(node, 'clusterLabels') ?? nodeAt(node, 'extraLabels', 'ManagedCluster');
  const cluster: ClusterModel = {
    document,
    node,
    name: stringAt(node, 'clusterName'),
    labels: labels && new Map(entriesAt(labels).map(([key, { value }]) => [key, labelText(value)])),
    imageSet: stringNodeAt(node, 'clusterImageSetNameRef'),
    siteImageSet,
    installConfig: stringNodeAt(node, 'installConfigOverrides'),
    config: overrideOf(document, node, 'cluster'),
    nodes: [],
  };
  cluster.nodes = itemsAt(node, 'nodes').map((item) => nodeModel(cluster, item));
  return cluster;
}

function labelText(value: TreeNode): string {
  return value.kind === 'scalar' ? String(value.value ?? '') : JSON.stringify(valueOf(value));
}

function nodeModel(cluster: ClusterModel, node: TreeNode): NodeModel {
  const installerArgs = stringNodeAt(node, 'installerArgs');
  return {
    cluster,
    node,
    hostName: stringAt(node, 'hostName'),
    rootDevice: stringNodeAt(node, 'rootDeviceHints', 'deviceName'),
    installerArgs,
    args: installerArgs === undefined ? [] : parseInstallerArgs(installerArgs.value),
    config: overrideOf(cluster.document, node, 'node'),
    diskPartitions: itemsAt(node, 'diskPartition'),
  };
}

function overrideOf(document: LintDocument, node: TreeNode, level: 'cluster' | 'node'): ConfigModel | undefined {
  const holder = stringNodeAt(node, 'ignitionConfigOverride');
  return holder && configOf(document, holder, level);
}

/** The configuration in a scalar's text; undefined when the text is no JSON object. */
export function configOf(
  document: LintDocument,
  holder: TextNode,
  level: ConfigModel['level'],
): ConfigModel | undefined {
  const parsed = embeddedJson(holder);
  if (!('root' in parsed) || parsed.root.kind !== 'map') return undefined;
  return { document, root: parsed.root, view: viewConfig(parsed.root, 'ignition'), level, holder };
}

/** The overlap of two configurations: whether both lay out a partition of the same label. */
export function partitionsOf({ view }: ConfigModel): { device: TextNode; label: string }[] {
  return view.disks.flatMap(({ device, partitions }) =>
    device === undefined
      ? []
      : partitions.flatMap(({ label }) => (label === undefined ? [] : { device, label: label.value })),
  );
}
