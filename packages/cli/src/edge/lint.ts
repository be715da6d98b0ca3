import type { Diagnostic, LintOptions } from '@longshore/edge';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../cli-error.js';
import type { LintFormat } from './lint-paths.js';
import { sizeOption } from './size-option.js';

interface Options {
  format: LintFormat;
  json?: boolean;
  strict?: boolean;
  release?: string;
  diskSize?: number;
}

const NOTES = `
Reads SiteConfig, ClusterInstance, PolicyGenTemplate, Butane, Ignition, objects of the hub, scripts and instructions (.md,
.txt), and holds them against each other: name all files of a site at once.

Exits with 1 when there is an error, with --strict also when there is a warning.

Examples:
  longshore edge lint sites/ policies/
  longshore edge lint --format sarif . > lint.sarif
  longshore edge lint --release 4.16.3 --disk-size 457344MiB siteconfig.yaml storage.bu`;

/** `longshore edge lint` */
export function lintCommand(): Command {
  return new Command('lint')
    .summary('find what is wrong in the configuration of edge sites')
    .description('find what is wrong in the configuration of edge sites, with line, column and what would be right')
    .argument('<path...>', 'files, and folders whose YAML, Butane, Ignition and shell files are read')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json', 'sarif']).default('text'))
    .option('--json', 'the same as --format json')
    .option('--strict', 'let warnings count as errors')
    .option('--release <version>', 'release of the images that the factory prepares, such as 4.16.3', releaseOption)
    .option('--disk-size <size>', 'size of the install disk, such as 457344MiB', sizeOption)
    .addHelpText('after', NOTES)
    .action(async (paths: string[], options: Options) => {
      const { EXTENSIONS, lintPaths, lintText } = await import('./lint-paths.js');
      const result = await lintPaths(paths, lintOptions(options));
      if (result.sources.size === 0 && result.diagnostics.length === 0) {
        throw new CliError(`there is nothing to look at below ${paths.join(', ')}: no ${EXTENSIONS.join(', ')}`, 2);
      }
      process.stdout.write(lintText(result, options.json ? 'json' : options.format));
      const failing = (diagnostic: Diagnostic) =>
        diagnostic.severity === 'error' || (options.strict === true && diagnostic.severity === 'warning');
      if (result.diagnostics.some(failing)) process.exitCode = 1;
    });
}

function lintOptions({ release, diskSize }: Options): LintOptions {
  return {
    ...(release === undefined ? {} : { release }),
    ...(diskSize === undefined ? {} : { diskMiB: diskSize }),
  };
}

function releaseOption(text: string): string {
  if (/^\d+\.\d+\.\d+$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a release such as 4.16.3.');
}
