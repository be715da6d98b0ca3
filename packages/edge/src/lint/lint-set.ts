import { itemsAt, nodeAt, stringAt, stringNodeAt } from '../diagnostics/tree.js';
import { OVERRIDE_ANNOTATION } from '../verify/object-checks.js';
import { viewConfig } from './ignition-view.js';
import type { LintDocument, LintText } from './lint-document.js';
import { type TemplateModel, templateOf, type VolumeModel, volumeObject, volumeOf } from './policy-model.js';
import { type ClusterModel, clustersOf, configOf, type ConfigModel, type NodeModel } from './site-model.js';

/** What somebody knows that stands in no file. */
export interface LintOptions {
  /** Release of the images that the factory has put on the disk, such as `4.11.5`. */
  release?: string;
  /** Size of the install disk in MiB. */
  diskMiB?: number;
}

/** All files of one run, seen as what they are about. */
export interface LintSet {
  options: LintOptions;
  documents: LintDocument[];
  texts: LintText[];
  clusters: ClusterModel[];
  nodes: NodeModel[];
  /** Each configuration of the set, also those of clusters and nodes. */
  configs: ConfigModel[];
  templates: TemplateModel[];
  volumes: VolumeModel[];
}

export function lintSet(documents: LintDocument[], texts: LintText[], options: LintOptions): LintSet {
  const clusters = documents
    .filter(({ kind }) => kind === 'siteconfig' || kind === 'clusterinstance')
    .flatMap(clustersOf);
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  const embedded = [...clusters, ...nodes].flatMap(({ config }) => config ?? []);
  const templates = documents.filter(({ kind }) => kind === 'policygentemplate').map(templateOf);
  return {
    options,
    documents,
    texts,
    clusters,
    nodes,
    configs: [...embedded, ...documents.flatMap((document) => standaloneConfig(document) ?? [])],
    templates,
    volumes: [
      ...templates.flatMap(({ document, files }) => files.flatMap((file) => volumeOf(document, file) ?? [])),
      ...documents.flatMap((document) => volumeObject(document) ?? []),
    ],
  };
}

/** The configuration that a document is, or holds: Butane, Ignition, MachineConfig, BareMetalHost, or an annotation's text. */
function standaloneConfig(document: LintDocument): ConfigModel | undefined {
  const { root, kind } = document;
  const file = { document, level: 'file', holder: undefined } as const;
  switch (kind) {
    case 'butane':
      return { ...file, root, view: viewConfig(root, 'butane') };
    case 'ignition':
      return { ...file, root, view: viewConfig(root, 'ignition') };
    case 'annotation': {
      const text = stringNodeAt(root);
      return text && configOf(document, text, 'applied');
    }
    case 'other': {
      const text = stringNodeAt(root, 'metadata', 'annotations', OVERRIDE_ANNOTATION);
      if (text !== undefined) return configOf(document, text, 'applied');
      const config = stringAt(root, 'kind') === 'MachineConfig' ? nodeAt(root, 'spec', 'config') : undefined;
      return config && { ...file, root: config, view: viewConfig(config, 'ignition') };
    }
    default:
      return undefined;
  }
}

/** Paths that file systems of a node are mounted at, by its override and by the diskPartition shorthand. */
export function mountPathsOf({ config, diskPartitions }: NodeModel): string[] {
  const fromConfig = config?.view.filesystems.flatMap(({ path }) => path?.value ?? []) ?? [];
  const fromUnits =
    config?.view.units.flatMap(({ settings }) =>
      settings.filter(({ key, section }) => section === 'Mount' && key === 'Where').map(({ value }) => value),
    ) ?? [];
  const shorthand = diskPartitions.flatMap((disk) =>
    itemsAt(disk, 'partitions').flatMap((partition) => stringAt(partition, 'mount_point') ?? []),
  );
  return [...fromConfig, ...fromUnits, ...shorthand];
}
