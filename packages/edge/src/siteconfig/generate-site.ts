import { isInputError } from '../generators/generator-output.js';
import { dictionary, text, type Path } from '../yaml/decode.js';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import {
  clusterTemplates,
  EXTRA_MANIFESTS,
  INSPECT,
  NODE_LABEL,
  SITE_CONFIG_MAP,
  type ClusterTemplate,
} from './cluster-templates.js';
import { extraManifests, type ManifestFolder } from './extra-manifests.js';
import { ManifestError, markGenerated, parseAs, parseManifest } from './manifest.js';
import { clusterValues, managedClusterLabels, nodeValues, siteValues, type FieldValues } from './field-values.js';
import { instantiate, type Scope } from './instantiate.js';
import { planClusters, siteVersion, type ClusterPlan } from './site-checks.js';
import type { SiteCluster, SiteConfig, SiteNode, SiteSpec } from './site-config.js';
import { SiteError } from './site-error.js';
import { checkOverriddenKinds, overrideResource, TemplateFiles } from './template-overrides.js';

/** What generating a site needs from outside. */
export interface SiteIo extends ManifestFolder {
  log(line: string): void;
}

export interface SiteOptions {
  /** The folder with the manifests for every cluster; without it, the built-in ones. */
  manifestPath?: string;
  /** Only the extra manifests, as resources of their own. */
  extraManifestOnly?: boolean;
  /** Take what the reference refuses without need, and refuse or do what it passes over. */
  strict?: boolean;
}

/** The resources of a cluster, in the order in which they are written. */
export interface GeneratedCluster {
  site: string;
  cluster: string;
  resources: Fields[];
}

/**
 * Makes the installation resources of each cluster of a site (edge.md 3.3). Throws SiteError, ManifestError, PlaceholderError
 * and what `io` throws; then there are no resources of the site at all.
 */
export function generateSite(site: SiteConfig, options: SiteOptions, io: SiteIo): GeneratedCluster[] {
  const version = siteVersion(site);
  const plans = planClusters(site, options.strict === true);
  const values = siteValues(site.spec);
  const templates = new TemplateFiles(io);
  return plans.map((plan, index) => {
    const builder = new ClusterBuilder(site, plan, version, values, templates, io, options);
    const resources = builder.build();
    // The reference looks at the whole site for each cluster, and so finds what it finds at the first.
    if (index === 0 && options.extraManifestOnly !== true) checkOverriddenKinds(site, version);
    return { site: site.metadata.name, cluster: plan.cluster.clusterName, resources };
  });
}

const DEPRECATED = 'ran.openshift.io/ztp-warning-field-deprecation';
const CPUSET_WARNING =
  'cpuset will be deprecated after OCP 4.15, please use cpuPartitioningMode for OCP versions >= 4.13';
const MANIFEST_PATH_WARNING =
  'extraManifestPath will be deprecated after OCP 4.15, please use ExtraManifests.SearchPaths for OCP versions >= 4.14';

/** A template of the user, and where the SiteConfig names it. */
interface Override {
  file: string;
  path: Path;
}

class ClusterBuilder {
  readonly #cluster: SiteCluster;
  readonly #spec: SiteSpec;
  readonly #accelerated: boolean;
  readonly #clusterValues: FieldValues;
  /** Where the cluster stands in the SiteConfig. */
  readonly #path: Path;

  constructor(
    site: SiteConfig,
    plan: ClusterPlan,
    private readonly version: 'v1' | 'v2',
    private readonly values: FieldValues,
    private readonly templates: TemplateFiles,
    private readonly io: SiteIo,
    private readonly options: SiteOptions,
  ) {
    this.#cluster = plan.cluster;
    this.#path = ['spec', 'clusters', plan.index];
    this.#spec = site.spec;
    const { clusterName, clusterLabels } = plan.cluster;
    this.#accelerated = ['full', 'partial'].includes(clusterLabels?.['accelerated-ztp'] ?? '');
    const manifestMaps = this.#accelerated ? [clusterName, `${clusterName}-aztp`] : [clusterName];
    this.#clusterValues = clusterValues(plan.cluster, { ...plan, manifestMaps });
  }

  build(): Fields[] {
    const { manifestPath, extraManifestOnly } = this.options;
    const manifests = this.#extraManifests(manifestPath);
    if (extraManifestOnly === true) return [...manifests.values()].map(parseManifest);
    const resources = clusterTemplates(this.version, this.#accelerated).flatMap((template) => {
      return template.perNode ? this.#forNodes(template) : this.#forCluster(template, manifests);
    });
    return resources.map((resource) => markGenerated(resource, this.#warnings(resource.kind ?? null)));
  }

  #extraManifests(manifestPath: string | undefined): ReadonlyMap<string, string> {
    const { clusterName, extraManifestPath } = this.#cluster;
    try {
      const predefined = { path: manifestPath, pinning: this.options.strict === true };
      return extraManifests(this.#cluster, predefined, this.io, (line) => this.io.log(line));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.options.strict !== true) {
        this.io.log(`Error could not create extra-manifest ${clusterName}.${extraManifestPath} ${reason}\n`);
        throw error;
      }
      const byFilter = error instanceof ManifestError && error.byFilter;
      throw new ManifestError(reason.trimEnd(), byFilter, [
        ...this.#path,
        'extraManifests',
        byFilter ? 'filter' : 'searchPaths',
      ]);
    }
  }

  #forCluster(template: ClusterTemplate, manifests: ReadonlyMap<string, string>): Fields[] {
    if (this.#cluster.crSuppression.includes(template.kind)) return [];
    if (template === SITE_CONFIG_MAP && Object.keys(this.#cluster.siteConfigMap.data).length === 0) return [];
    const scope: Scope = { Site: this.values, Cluster: this.#clusterValues, Node: undefined };
    const override = this.#overrideOf(template.kind);
    const { made } = this.#make(template, override, scope, `cluster ${this.#cluster.clusterName}`);
    const filled = template === EXTRA_MANIFESTS ? withManifests(made, manifests) : made;
    const resource = template.kind === 'ManagedCluster' ? withDetectedLabels(filled) : filled;
    return [withAnnotations(resource, nearest(template.kind, this.#cluster, this.#spec))];
  }

  #forNodes(template: ClusterTemplate): Fields[] {
    const { kind } = template;
    return this.#cluster.nodes.flatMap((node, index) => {
      if (node.crSuppression.includes(kind)) return [];
      const override = this.#overrideOf(kind, [[...this.#path, 'nodes', index], node]);
      const bios = biosFile(node, this.#cluster, this.#spec);
      if (kind === 'HostFirmwareSettings' && bios === '' && override === undefined) return [];
      const scope: Scope = { Site: this.values, Cluster: this.#clusterValues, Node: nodeValues(node) };
      const target = `node ${node.hostName} in cluster ${this.#cluster.clusterName}`;
      const { made, overridden } = this.#make(template, override, scope, target);
      if (kind === 'NMStateConfig' && !overridden && hasNoNetwork(node)) return [];
      if (kind === 'HostFirmwareSettings' && bios === '') return [];
      const resource = kind === 'HostFirmwareSettings' ? this.#withFirmware(made, bios) : withHostAnnotations(made);
      return [withAnnotations(resource, nearest(kind, node, this.#cluster, this.#spec))];
    });
  }

  /** The user's template for a kind, of the nearest level that has one. */
  #overrideOf(kind: string, ...nearer: [Path, Pick<SiteSpec, 'crTemplates'>][]): Override | undefined {
    const levels: typeof nearer = [...nearer, [this.#path, this.#cluster], [['spec'], this.#spec]];
    for (const [at, { crTemplates }] of levels) {
      const file = crTemplates[kind];
      if (file !== undefined) return { file, path: [...at, 'crTemplates', kind] };
    }
    return undefined;
  }

  /** The resource of a template, or of the user's one in its place. */
  #make(
    { content, kind }: ClusterTemplate,
    override: Override | undefined,
    scope: Scope,
    target: string,
  ): { made: Fields; overridden: boolean } {
    const original = instantiate(content, scope);
    if (override === undefined) return { made: original, overridden: false };
    const { file, path } = override;
    this.io.log(`Overriding ${kind} with "${file}" for ${target}`);
    try {
      const isStrict = this.options.strict === true;
      const made = overrideResource(original, this.templates.load(file), file, { ...scope, isStrict }, (message) => {
        if (isStrict) throw new SiteError(message);
        this.io.log(message);
      });
      return { made, overridden: made !== original };
    } catch (error) {
      if (this.options.strict !== true || !isInputError(error)) throw error;
      throw new SiteError(error.message, path, { cause: error });
    }
  }

  #withFirmware(resource: Fields, path: string): Fields {
    const settings = parseAs(dictionary(text), this.io.read(path));
    return fields([
      ...Object.entries(resource),
      ['spec', fields([['settings', fields(Object.entries(settings ?? {}))]])],
    ]);
  }

  #warnings(kind: Value): (readonly [string, string])[] {
    const { nodes, extraManifestPath } = this.#cluster;
    if (kind === 'AgentClusterInstall' && nodes.some(({ cpuset }) => cpuset !== '')) {
      return [[`${DEPRECATED}-cpuset`, CPUSET_WARNING]];
    }
    return kind === 'ConfigMap' && extraManifestPath !== ''
      ? [[`${DEPRECATED}-extraManifestPath`, MANIFEST_PATH_WARNING]]
      : [];
  }
}

/** The ConfigMap with the extra manifests; what a template has in it already wins. */
function withManifests(resource: Fields, manifests: ReadonlyMap<string, string>): Fields {
  const own = isFields(resource.data) ? Object.entries(resource.data) : [];
  return fields([...Object.entries(resource), ['data', fields([...manifests, ...own])]]);
}

function hasNoNetwork({ nodeNetwork: { config, interfaces } }: SiteNode): boolean {
  return Object.keys(config ?? {}).length === 0 && (interfaces ?? []).length === 0;
}

function biosFile(...levels: { biosConfigRef: { filePath: string } }[]): string {
  return levels.map(({ biosConfigRef }) => biosConfigRef.filePath).find((path) => path !== '') ?? '';
}

/** The annotations to add: of the nearest level that mentions the kind, alone. */
function nearest(kind: string, ...levels: Pick<SiteSpec, 'crAnnotations'>[]): Record<string, string> {
  return levels.map(({ crAnnotations }) => crAnnotations.add[kind]).find((found) => found !== undefined) ?? {};
}

function withAnnotations(resource: Fields, added: Record<string, string>): Fields {
  if (Object.keys(added).length === 0 || !isFields(resource.metadata)) return resource;
  const { annotations } = resource.metadata;
  const merged = fields([...Object.entries(added), ...Object.entries(isFields(annotations) ? annotations : {})]);
  return withMetadata(resource, 'annotations', merged);
}

function withDetectedLabels(resource: Fields): Fields {
  return isFields(resource.metadata)
    ? withMetadata(resource, 'labels', managedClusterLabels(resource.metadata.labels))
    : resource;
}

/** One annotation for each node label; none for inspection unless it is switched off. */
function withHostAnnotations(resource: Fields): Fields {
  const { metadata } = resource;
  if (!isFields(metadata) || !isFields(metadata.annotations)) return resource;
  const annotations = fields();
  for (const [key, value] of Object.entries(metadata.annotations)) {
    if (key === INSPECT && value !== 'disabled') continue;
    if (key !== NODE_LABEL) annotations[key] = value;
    else if (isFields(value))
      for (const [label, text_] of Object.entries(value)) annotations[`${NODE_LABEL}.${label}`] = text_;
  }
  return withMetadata(resource, 'annotations', annotations);
}

function withMetadata(resource: Fields, key: string, value: Value): Fields {
  const metadata = fields([...Object.entries(resource.metadata as Fields), [key, value]]);
  return fields([...Object.entries(resource), ['metadata', metadata]]);
}
