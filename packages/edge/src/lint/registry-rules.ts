import { itemsAt, nodeAt, stringAt, stringNodeAt, valueOf } from '../diagnostics/tree.js';
import { filesystemOverheadMiB, REGISTRY } from '../plan/registry-storage.js';
import { Bindings } from './bindings.js';
import { embeddedJson } from './embedded.js';
import { releaseOf } from './image-set-rules.js';
import { labelOfDevice } from './ignition-view.js';
import { type LintSet, mountPathsOf } from './lint-set.js';
import { normalPath, type SourceFileModel, type TemplateModel, type VolumeModel } from './policy-model.js';
import type { Reporter } from './reporter.js';
import type { ClusterModel, ConfigModel } from './site-model.js';
import { walk } from './walk.js';

/** EL006, EL007, EL013, EL014, EL022, EL025, EL026, EL035: the registry, its policies and the disk below it. */
export function registryRules(set: LintSet, report: Reporter): void {
  const bindings = new Bindings(set.clusters);
  const templates = new Map(set.templates.map((template) => [template.document, template]));
  // A MachineConfig or a Butane file of the set may belong to any cluster.
  const files = set.configs.filter(({ level }) => level === 'file');
  const elsewhere = new Set(files.flatMap(pathsOf));
  const mounted = new Map(set.clusters.map((cluster) => [cluster, mountedIn(cluster)]));
  for (const volume of set.volumes) {
    const bound = bindings.clustersOf(templates.get(volume.document)).filter(({ nodes }) => nodes.length > 0);
    const ofNodes = bound.flatMap(({ nodes }) => nodes.flatMap(({ config }) => config ?? []));
    trailingSlash(volume, report);
    volumePath(volume, bound, mounted, elsewhere, report);
    volumeSize(volume, set.clusters.length === 0 ? files : ofNodes, report);
  }
  for (const template of set.templates) {
    waves(template, report);
    for (const file of template.files) compliance(template, file, report);
    agreement(template, report);
    capability(template, bindings, report);
  }
  releaseImages(set, report);
}

function trailingSlash({ document, node, path }: VolumeModel, report: Reporter): void {
  if (path === normalPath(path)) return;
  const message = `the volume's path ${path} ends in a slash; write it as the file system's path`;
  report.node('EL007', document, node, message, { fix: `path: ${normalPath(path)}` });
}

function volumePath(
  volume: VolumeModel,
  bound: readonly ClusterModel[],
  mounted: ReadonlyMap<ClusterModel, ReadonlySet<string>>,
  elsewhere: ReadonlySet<string>,
  report: Reporter,
): void {
  const path = normalPath(volume.path);
  if (elsewhere.has(path)) return;
  if (bound.length === 0 && elsewhere.size > 0) noFilesystem(volume, 'the layout of this set', [...elsewhere], report);
  for (const cluster of bound) {
    const paths = mounted.get(cluster);
    if (paths === undefined || paths.has(path)) continue;
    const where = cluster.name === undefined ? 'the node' : `the cluster ${cluster.name}`;
    noFilesystem(volume, where, [...paths], report);
  }
}

function mountedIn({ nodes }: ClusterModel): Set<string> {
  return new Set(nodes.flatMap(mountPathsOf).map(normalPath));
}

function noFilesystem(
  { document, node, path }: VolumeModel,
  where: string,
  paths: readonly string[],
  report: Reporter,
): void {
  const has = paths.length === 0 ? 'has no file systems of its own' : `has ${paths.join(', ')}`;
  report.node(
    'EL006',
    document,
    node,
    `no file system is mounted at the volume's path ${normalPath(path)}: ${where} ${has}`,
  );
}

function pathsOf({ view }: ConfigModel): string[] {
  return view.filesystems.flatMap(({ path }) => (path === undefined ? [] : normalPath(path.value)));
}

/** EL022: a volume that promises more than its partition holds. */
function volumeSize(
  { document, node, path, storage }: VolumeModel,
  configs: readonly ConfigModel[],
  report: Reporter,
): void {
  const wanted = mebibytes(storage);
  if (wanted === undefined) return;
  for (const { view } of configs) {
    const filesystem = view.filesystems.find(
      (one) => one.path !== undefined && normalPath(one.path.value) === normalPath(path),
    );
    const label = labelOfDevice(filesystem?.device);
    const partition = view.disks
      .flatMap(({ partitions }) => partitions)
      .find((one) => one.label !== undefined && one.label.value === label);
    const size = partition?.sizeMiB ?? 0;
    if (size === 0) continue;
    const room = size - filesystemOverheadMiB(size);
    if (wanted > room) {
      const message = `the volume has ${storage}, the partition ${label ?? ''} of ${size} MiB has room for ${room} MiB`;
      report.node('EL022', document, node, message);
    }
  }
}

const QUANTITY: Record<string, number> = {
  Mi: 1,
  Gi: 1024,
  Ti: 1024 * 1024,
  M: 1e6 / 2 ** 20,
  G: 1e9 / 2 ** 20,
  T: 1e12 / 2 ** 20,
};

function mebibytes(quantity: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9})(Mi|Gi|Ti|M|G|T)$/.exec(quantity) ?? [];
  return digits === undefined ? undefined : Number(digits) * (QUANTITY[unit] ?? 1);
}

/** EL013: the configuration must not come before what it needs; in one wave the names decide. */
function waves({ document, files }: TemplateModel, report: Reporter): void {
  const config = files.find(({ fileName }) => fileName === 'ImageRegistryConfig.yaml');
  const { wave, policyName } = config ?? {};
  if (config === undefined || wave === undefined || policyName === undefined) return;
  const needed = files.filter(
    (file) => STORAGE_FILES.includes(file.fileName) && file.wave === wave && file.policyName !== policyName,
  );
  const names = [policyName, ...needed.flatMap((file) => file.policyName ?? [])].sort();
  if (needed.length === 0 || names.at(-1) === policyName) return;
  const message = `wave ${wave} has ${names.length} registry policies, which are applied by name: ${names.join(', ')}; the configuration must be the last`;
  const fix = `waves ${wave} to ${wave + 3}, the default waves (2, 10, 11), or one policy`;
  report.node('EL013', document, config.waveNode ?? config.node, message, { fix });
}

const STORAGE_FILES = ['StorageClass.yaml', 'StoragePVC.yaml', 'StoragePV.yaml', 'ImageRegistryPV.yaml'];

function compliance({ document, spec }: TemplateModel, { node, fileName }: SourceFileModel, report: Reporter): void {
  if (fileName !== 'ImageRegistryConfig.yaml') return;
  const type = stringNodeAt(node, 'complianceType') ?? stringNodeAt(spec, 'complianceType');
  if (type?.value.toLowerCase() !== 'mustonlyhave') return;
  const message =
    'mustonlyhave removes the fields that the registry operator writes, such as httpSecret; it writes them again';
  report.node('EL014', document, type, message, { fix: 'complianceType: musthave' });
}

/** EL035: class, claim, volume and configuration name each other. */
function agreement({ document, files }: TemplateModel, report: Reporter): void {
  const of = (fileName: string) => files.filter((file) => file.fileName === fileName);
  const claims = of('StoragePVC.yaml');
  const classes = of('StorageClass.yaml').flatMap(({ name }) => name ?? []);
  const config = of('ImageRegistryConfig.yaml')[0];
  const claim = config && stringNodeAt(config.node, 'spec', 'storage', 'pvc', 'claim');
  if (claim !== undefined && claims.length > 0 && !claims.some(({ name }) => name === claim.value)) {
    const names = claims.map(({ name }) => name).join(', ');
    report.node('EL035', document, claim, `no claim ${claim.value} is made here; there is ${names}`);
  }
  const registryClaim = claims.find(({ name }) => name === claim?.value);
  const named = registryClaim && stringNodeAt(registryClaim.node, 'spec', 'storageClassName');
  if (named !== undefined && classes.length > 0 && !classes.includes(named.value)) {
    report.node('EL035', document, named, `no class ${named.value} is made here; there is ${classes.join(', ')}`);
  }
  const volume = of('ImageRegistryPV.yaml')[0];
  if (registryClaim === undefined || volume === undefined) return;
  const request = stringNodeAt(registryClaim.node, 'spec', 'resources', 'requests', 'storage');
  const capacity = stringAt(volume.node, 'spec', 'capacity', 'storage') ?? '100Gi';
  const [asked, has] = [mebibytes(request?.value ?? ''), mebibytes(capacity)];
  if (request !== undefined && asked !== undefined && has !== undefined && asked > has) {
    report.node('EL035', document, request, `the claim asks for ${request.value}, the volume has ${capacity}`);
  }
  const volumeClass = stringAt(volume.node, 'spec', 'storageClassName') ?? REGISTRY.storageClass;
  if (named !== undefined && named.value !== volumeClass) {
    report.node('EL035', document, named, `the claim is of the class ${named.value}, the volume of ${volumeClass}`);
  }
}

/** EL025: policies for a registry that the installation leaves out. */
function capability(template: TemplateModel, bindings: Bindings, report: Reporter): void {
  if (!template.files.some(({ fileName }) => fileName === 'ImageRegistryConfig.yaml')) return;
  for (const { installConfig, document, imageSet, siteImageSet } of bindings.clustersOf(template)) {
    if (installConfig === undefined) continue;
    const parsed = embeddedJson(installConfig);
    const set = 'root' in parsed ? stringNodeAt(parsed.root, 'capabilities', 'baselineCapabilitySet') : undefined;
    if (set?.value !== 'None' || !('root' in parsed) || isBefore414(imageSet?.value ?? siteImageSet?.value)) continue;
    const added = itemsAt(parsed.root, 'capabilities', 'additionalEnabledCapabilities').map(valueOf);
    if (added.includes('ImageRegistry')) continue;
    const message = `the registry policies of ${template.name ?? 'this set'} bind to this cluster, which is installed without a registry`;
    report.node('EL025', document, set, message, { fix: '"additionalEnabledCapabilities": ["ImageRegistry"]' });
  }
}

/** The registry became a capability in 4.14; before, it cannot be left out. */
function isBefore414(imageSet: string | undefined): boolean {
  const [major = 5, minor = 0] =
    releaseOf(imageSet ?? '')
      ?.split('.')
      .map(Number) ?? [];
  return major === 4 && minor < 14;
}

const LOCAL_REGISTRY = 'image-registry.openshift-image-registry.svc';
/** Where images of the platform or of operators come from. */
const MIRROR_KINDS = ['ImageDigestMirrorSet', 'ImageTagMirrorSet', 'ImageContentSourcePolicy', 'CatalogSource'];
const MIRROR_FILES = /^(Disconnected(IDMS|ITMS|ICSP)|DefaultCatsrc)\.yaml$/;

/** EL026: mirrors or catalogs that point at the registry which the installation only makes. */
function releaseImages({ documents, templates, clusters }: LintSet, report: Reporter): void {
  const look = (document: (typeof documents)[number], node: Parameters<typeof walk>[0]) =>
    walk(node, (scalar) => {
      if (scalar.kind !== 'scalar' || typeof scalar.value !== 'string' || !scalar.value.startsWith(LOCAL_REGISTRY))
        return;
      report.node(
        'EL026',
        document,
        scalar,
        'images of the platform and of operators cannot come from the registry that runs on it',
      );
    });
  for (const document of documents) {
    if (MIRROR_KINDS.includes(stringAt(document.root, 'kind') ?? '')) look(document, document.root);
  }
  for (const { document, files } of templates) {
    for (const { fileName, node } of files) if (MIRROR_FILES.test(fileName)) look(document, node);
  }
  for (const { document, installConfig } of clusters) {
    const parsed = installConfig && embeddedJson(installConfig);
    if (parsed === undefined || !('root' in parsed)) continue;
    for (const key of ['imageDigestSources', 'imageContentSources']) {
      const sources = nodeAt(parsed.root, key);
      if (sources !== undefined) look(document, sources);
    }
  }
}
