import { Command, InvalidArgumentError } from 'commander';

interface Options {
  directory: string;
  clusterTemplates?: { name: string; namespace: string }[];
  nodeTemplates?: { name: string; namespace: string }[];
  manifestMaps?: string[];
  suppress?: string[];
  writeWarnings: boolean;
}

const NOTES = `
Examples:
  longshore siteconfig-converter -d clusterinstances site-a.yaml site-b.yaml`;

/** `longshore siteconfig-converter` */
export function siteconfigConverterCommand(): Command {
  return new Command('siteconfig-converter')
    .description(
      'turn each cluster of SiteConfigs into a ClusterInstance, with its extra manifests and a kustomization.yaml',
    )
    .argument('<files...>', 'SiteConfigs')
    .option('-d, --directory <dir>', 'where to write', '.')
    .option('-t, --cluster-templates <refs>', 'templates of the cluster, as namespace/name,…', templateRefs)
    .option('-n, --node-templates <refs>', 'templates of the nodes, as namespace/name,…', templateRefs)
    .option('-m, --manifest-maps <names>', 'ConfigMaps with extra manifests that are there already', names)
    .option('-s, --suppress <kinds>', 'kinds that the ClusterInstance is not to generate', names)
    .option('-w, --write-warnings', 'put warnings into the files as comments', false)
    .addHelpText('after', NOTES)
    .action(async (files: string[], options: Options) => {
      const { runSiteconfigConverter } = await import('@longshore/edge');
      const { generatorOutput } = await import('./generator-run.js');
      const { directory, clusterTemplates, nodeTemplates, manifestMaps, suppress, writeWarnings } = options;
      const converter = {
        files,
        outPath: directory,
        writeWarnings,
        ...(clusterTemplates && { clusterTemplates }),
        ...(nodeTemplates && { nodeTemplates }),
        ...(manifestMaps && { manifestMaps }),
        ...(suppress && { suppressed: suppress }),
      };
      process.exitCode = runSiteconfigConverter(converter, generatorOutput());
    });
}

function names(text: string): string[] {
  return text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}

function templateRefs(text: string): { name: string; namespace: string }[] {
  return names(text).map((ref) => {
    const [namespace = '', name = '', ...rest] = ref.split('/');
    if (namespace === '' || name === '' || rest.length > 0)
      throw new InvalidArgumentError(`${ref} is not namespace/name.`);
    return { name, namespace };
  });
}
