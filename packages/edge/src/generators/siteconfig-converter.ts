import { checkSite } from '../siteconfig/check-site.js';
import { convertSite, MANIFEST_MAP, type ConvertOptions } from '../siteconfig/convert-site.js';
import { extraManifests } from '../siteconfig/extra-manifests.js';
import type { SiteCluster } from '../siteconfig/site-config.js';
import { emitYaml } from '../yaml/emit.js';
import { fields, type Value } from '../yaml/value.js';
import { fileManifests, OutputFolder, readText } from './files.js';
import { isInputError, logDiagnostics, type GeneratorOutput } from './generator-output.js';

export interface SiteconfigConverterOptions extends ConvertOptions {
  files: readonly string[];
  /** The folder that the ClusterInstances, their manifests and a kustomization.yaml go to. */
  outPath: string;
  /** Put warnings as comments into the files instead of telling them. */
  writeWarnings: boolean;
}

/**
 * Converts SiteConfigs to ClusterInstances, with their extra manifests as files that a kustomization makes ConfigMaps of. A file
 * with errors is left out; the others are converted. Returns the exit code, 1 when a file was left out.
 */
export function runSiteconfigConverter(options: SiteconfigConverterOptions, output: GeneratorOutput): number {
  const folder = new OutputFolder(options.outPath);
  const resources = new Set<string>();
  const generators: Value[] = [];
  let status = 0;
  for (const file of options.files) {
    try {
      if (!convertFile(file, options, { folder, resources, generators, output })) status = 1;
    } catch (error) {
      if (!isInputError(error)) throw error;
      output.log(`${file}: ${error.message}`);
      status = 1;
    }
  }
  if (resources.size > 0) folder.write('kustomization.yaml', emitYaml(kustomization([...resources], generators)));
  return status;
}

interface Targets {
  folder: OutputFolder;
  resources: Set<string>;
  generators: Value[];
  output: GeneratorOutput;
}

function convertFile(file: string, options: SiteconfigConverterOptions, targets: Targets): boolean {
  const { folder, resources, generators, output } = targets;
  const { site, findings } = checkSite(file, readText(file));
  logDiagnostics(
    findings.all.filter(({ severity }) => severity === 'error'),
    findings.source,
    output,
  );
  if (site === undefined || findings.hasErrors) return false;
  const twice = site.spec.clusters.find(({ clusterName }) => resources.has(fileOf(clusterName)));
  if (twice !== undefined) {
    output.log(`${file}: the cluster ${twice.clusterName} is there already; another file has one of this name`);
    return false;
  }
  const manifests = new Map<SiteCluster, ReadonlyMap<string, string>>(
    site.spec.clusters.map((cluster) => [
      cluster,
      extraManifests(cluster, { pinning: true }, fileManifests, (line) => output.log(`${file}: ${line}`)),
    ]),
  );
  const converted = convertSite(site, (cluster) => (manifests.get(cluster)?.size ?? 0) > 0, options);
  converted.forEach(({ name, instance, warnings }, index) => {
    const comments = options.writeWarnings ? warnings.map((warning) => `# ${warning}\n`).join('') : '';
    if (!options.writeWarnings) for (const warning of warnings) output.log(`${file}: warning: ${warning}`);
    folder.write(fileOf(name), comments + emitYaml(instance));
    resources.add(fileOf(name));
    const cluster = site.spec.clusters[index];
    const texts = [...((cluster && manifests.get(cluster)) ?? [])];
    const paths = texts.map(([manifest]) => `${name}-extra-manifests/${manifest}`);
    texts.forEach(([, text], at) => folder.write(paths[at] ?? '', text));
    if (paths.length > 0) generators.push(mapGenerator(name, paths));
  });
  return true;
}

function fileOf(cluster: string): string {
  return `${cluster}.yaml`;
}

function mapGenerator(cluster: string, paths: string[]): Value {
  return new Map<string, Value>([
    ['name', MANIFEST_MAP],
    ['namespace', cluster],
    ['files', paths],
  ]);
}

function kustomization(resources: string[], generators: Value[]): Value {
  return new Map<string, Value>([
    ['apiVersion', 'kustomize.config.k8s.io/v1beta1'],
    ['kind', 'Kustomization'],
    ['resources', resources],
    ...(generators.length === 0
      ? []
      : ([
          ['configMapGenerator', generators],
          ['generatorOptions', fields([['disableNameSuffixHash', true]])],
        ] as [string, Value][])),
  ]);
}
