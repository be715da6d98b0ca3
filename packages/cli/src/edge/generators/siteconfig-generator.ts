import type { Command } from 'commander';
import { booleanOption } from '../../boolean-option.js';
import { GoFlagCommand } from '../../go-flag-command.js';

interface Options {
  manifestPath?: string;
  outPath?: string;
  extraManifestOnly: boolean;
  stopOnError: boolean;
  strict: boolean;
  report?: string;
}

const NOTES = `
Options may be written with one dash. Without files, standard input is a KRM ResourceList.

Exit codes: 0 done, 1 failed, 2 called wrongly. As in the reference generator, a SiteConfig that fails is printed with its error
and the exit code stays 0; --stopOnError and --strict make it 1.

Examples:
  longshore siteconfig-generator --outPath out site-a.yaml
  longshore siteconfig-generator --strict --report report.json --outPath out site-a.yaml site-b.yaml`;

/** `longshore siteconfig-generator` */
export function siteconfigGeneratorCommand(): Command {
  return new GoFlagCommand('siteconfig-generator')
    .description('make the resources that clusters are installed by of SiteConfigs and ClusterInstances')
    .argument('[files...]', 'SiteConfigs and ClusterInstances')
    .option('--manifestPath <dir>', 'a folder with extra manifests for every cluster, instead of the built-in ones')
    .option('--outPath <dir>', 'write files below this folder instead of printing')
    .addOption(booleanOption('extraManifestOnly', 'only the extra manifests', false))
    .addOption(booleanOption('stopOnError', 'end with 1 at the first file that fails', false))
    .addOption(booleanOption('strict', 'tell all that is wrong, with places; refuse what is passed over else', false))
    .option('--report <file>', 'write what became of each file as JSON')
    .addHelpText('after', NOTES)
    .action(async (files: string[], options: Options) => {
      const { runSiteconfigGenerator } = await import('@longshore/edge');
      const { runGenerator } = await import('./generator-run.js');
      const { outPath, report } = options;
      await runGenerator({ files, outPath, report, hasOtherInputs: false }, (inputs, sink, output) =>
        runSiteconfigGenerator({ ...options, inputs }, sink, output),
      );
    });
}
