import { basename } from 'node:path';
import { emitYaml } from '../yaml/emit.js';
import type { Fields } from '../yaml/value.js';
import { diskEncryptionManifest } from './disk-encryption.js';
import { partitionManifest } from './disk-partition.js';
import { mergeMachineConfigs } from './machine-config-merge.js';
import { ManifestError, markGenerated, parseManifest } from './manifest.js';
import { isSingleNode, type ManifestFilter, type SiteCluster } from './site-config.js';
import { PINNING_FOLDER, pinningOfParts, workloadPartitioning } from './workload-partitioning.js';

/** Where manifests come from. */
export interface ManifestFolder {
  /** Names of the files in a folder, or of the file itself; no folders. Throws when there is none. */
  list(path: string): readonly string[];
  read(path: string): string;
  hasFolder(path: string): boolean;
}

/** The manifests that are there for every cluster. */
interface PredefinedManifests {
  /** The folder with them; without it, there are the built-in ones. */
  path?: string | undefined;
  /** Whether `cpuset` has a manifest even when no folder has the parts that the reference makes it of. */
  pinning: boolean;
}

/** The manifests that only exist for the fields that they are made of. The names are those of the reference's templates. */
const BUILT_IN: Record<string, (cluster: SiteCluster, role: string) => Fields | undefined> = {
  'disk-encryption.yaml.tmpl': ({ diskEncryption }, role) => diskEncryptionManifest(diskEncryption, role),
  'image-registry-partition-mc.yaml.tmpl': ({ nodes }, role) => {
    const disks = nodes.find(
      ({ diskPartition }) => diskPartition !== undefined && diskPartition.length > 0,
    )?.diskPartition;
    return disks === undefined ? undefined : partitionManifest(disks, role);
  },
};

const TEMPLATE = '.tmpl';

/**
 * The manifests that the installation gets besides the generated resources, by file name (edge.md 3.5). Throws
 * ManifestError and what `folder` throws.
 */
export function extraManifests(
  cluster: SiteCluster,
  predefined: PredefinedManifests,
  folder: ManifestFolder,
  log: (line: string) => void,
): ReadonlyMap<string, string> {
  const { searchPaths, filter } = cluster.extraManifests;
  const collected = new Manifests(cluster, folder, log);
  const folders = searchPaths ?? (predefined.path === undefined ? [] : [predefined.path]);
  collected.addFolders(folders);
  if (searchPaths === undefined && predefined.path === undefined) collected.addBuiltIn();
  collected.addPinning(folders, predefined.pinning && searchPaths === undefined);
  if (searchPaths === undefined && cluster.extraManifestPath !== '') collected.addUserFolder(cluster.extraManifestPath);
  const filtered = filterManifests(collected.texts, filter, (reason) => {
    log(`could not filter ${cluster.clusterName}.${cluster.extraManifestPath} ${reason}`);
  });
  if (!cluster.mergeDefaultMachineConfigs) return filtered;
  try {
    return mergeMachineConfigs(filtered, collected.apart);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log(`Error could not merge extra-manifest ${cluster.clusterName}.${cluster.extraManifestPath} ${reason}`);
    throw error;
  }
}

class Manifests {
  readonly texts = new Map<string, string>();
  /** Names of those that are never merged with others. */
  readonly apart = new Set<string>();
  readonly #roles: string[];

  constructor(
    private readonly cluster: SiteCluster,
    private readonly folder: ManifestFolder,
    private readonly log: (line: string) => void,
  ) {
    this.#roles = [...new Set(cluster.nodes.map(({ role }) => role))].sort();
  }

  /** All folders are looked into before the first file is read, so that one that is not there is told first. */
  addFolders(paths: readonly string[]): void {
    const files = paths.flatMap((path) => this.#namesIn(path).map((name) => ({ path, name })));
    for (const { path, name } of files) {
      if (name.endsWith(TEMPLATE)) this.#addTemplate(name);
      else this.#addFile(`${path}/${name}`, name);
    }
  }

  addBuiltIn(): void {
    for (const name of Object.keys(BUILT_IN)) this.#addTemplate(name);
  }

  /** The manifest of `cpuset`, of the parts in a folder; with `own`, of our parts when no folder has any. */
  addPinning(folders: readonly string[], own: boolean): void {
    const pinned = isSingleNode(this.cluster) ? this.cluster.nodes.filter(({ cpuset }) => cpuset !== '') : [];
    for (const { cpuset, role } of pinned) {
      const parts = folders.map((path) => `${path}/${PINNING_FOLDER}`).filter((path) => this.folder.hasFolder(path));
      const manifests = parts.map((path) => this.#parse(this.#pinningIn(path, cpuset, role)));
      if (own && parts.length === 0) manifests.push(workloadPartitioning(cpuset, role));
      for (const manifest of manifests) this.#addApart(`03-${role}-workload-partitioning.yaml`, manifest);
    }
  }

  /** Throws ManifestError for parts that cannot be read. */
  #pinningIn(path: string, cpuset: string, role: string): string {
    try {
      return pinningOfParts((name) => this.folder.read(`${path}/${name}`), cpuset, role);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ManifestError(`Error could not read WorkloadManifest ${this.cluster.clusterName} ${reason}\n`);
    }
  }

  addUserFolder(path: string): void {
    for (const name of this.#namesIn(path)) {
      if (this.texts.has(name)) throw new ManifestError(`Pre-defined extra-manifest cannot be over written ${name}`);
      this.#addFile(`${path}/${name}`, name);
      this.apart.add(name);
    }
  }

  #namesIn(path: string): string[] {
    return this.folder.list(path).filter((name) => !name.startsWith('.'));
  }

  #addTemplate(name: string): void {
    const render = BUILT_IN[name];
    if (render === undefined) {
      throw new ManifestError(
        `${name} is a template that this program does not know; known are ${Object.keys(BUILT_IN).join(' and ')}`,
      );
    }
    for (const role of this.#roles) {
      const manifest = render(this.cluster, role);
      if (manifest !== undefined) this.#addApart(`${role}-${basename(name, TEMPLATE)}`, manifest);
    }
  }

  #addApart(name: string, manifest: Fields): void {
    this.texts.set(name, emitYaml(markGenerated(manifest)));
    this.apart.add(name);
  }

  #addFile(path: string, name: string): void {
    const text = this.folder.read(path);
    if (text === '') return;
    this.texts.set(name, emitYaml(markGenerated(this.#parse(text))));
  }

  #parse(text: string): Fields {
    try {
      return parseManifest(text);
    } catch (error) {
      this.log(
        `Error: could not unmarshal string:(${text}) (${error instanceof Error ? error.message : String(error)})`,
      );
      throw error;
    }
  }
}

function filterManifests(
  manifests: ReadonlyMap<string, string>,
  filter: ManifestFilter | undefined,
  failed: (reason: string) => void,
): ReadonlyMap<string, string> {
  if (filter === undefined) return manifests;
  const problem = filterProblem(manifests, filter);
  if (problem !== undefined) {
    failed(problem);
    throw new ManifestError(problem, true);
  }
  const keeps = isExclusive(filter)
    ? (name: string) => filter.include.includes(name)
    : (name: string) => !filter.exclude.includes(name);
  return new Map([...manifests].filter(([name]) => keeps(name)));
}

function isExclusive({ inclusionDefault }: ManifestFilter): boolean {
  return inclusionDefault?.toLowerCase() === 'exclude';
}

function filterProblem(manifests: ReadonlyMap<string, string>, filter: ManifestFilter): string | undefined {
  const { inclusionDefault } = filter;
  if (inclusionDefault !== undefined && !['include', 'exclude'].includes(inclusionDefault.toLowerCase())) {
    return `acceptable values for inclusionDefault are include and exclude. You have entered ${inclusionDefault}`;
  }
  const [used, unused] = isExclusive(filter) ? (['include', 'exclude'] as const) : (['exclude', 'include'] as const);
  if (filter[unused].length > 0) {
    return `when InclusionDefault is set to ${unused}, ${unused} list can not have entries`;
  }
  const remaining = new Set(manifests.keys());
  for (const name of filter[used]) {
    if (!remaining.has(name)) {
      const names = [...remaining].sort().join(',');
      return `Filename ${name} under ${used} array is invalid. Valid files names are: ${names}`;
    }
    if (used === 'exclude') remaining.delete(name);
  }
  return undefined;
}
