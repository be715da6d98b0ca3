import type { Command } from 'commander';
import { booleanOption } from '../../boolean-option.js';
import { GoFlagCommand } from '../../go-flag-command.js';

interface Options {
  sourcePath: string;
  pgtPath?: string;
  outPath?: string;
  wrapInPolicy: boolean;
  strict: boolean;
  report?: string;
}

const NOTES = `
Options may be written with one dash. Without files, standard input is a KRM ResourceList.

Exit codes: 0 done, 1 a template failed, 2 the values of a template do not fit its source file, or a wrong call.

Examples:
  longshore policygenerator --sourcePath source-crs --outPath out site-a.yaml
  longshore policygenerator --strict --pgtPath policygentemplates --outPath out`;

/** `longshore policygenerator` */
export function policyGeneratorCommand(): Command {
  return new GoFlagCommand('policygenerator')
    .description('make policies, placement rules and bindings of PolicyGenTemplates and PolicyGenerators')
    .argument('[files...]', 'templates')
    .option(
      '--sourcePath <dir>',
      'where source files are; those of the local registry come with Longshore',
      'source-crs',
    )
    .option('--pgtPath <dir>', 'a folder with templates, besides the files')
    .option('--outPath <dir>', 'write files below this folder instead of printing')
    .addOption(booleanOption('wrapInPolicy', 'false: print the resources as they are, without policies', true))
    .addOption(booleanOption('strict', 'tell all that is wrong, with places; refuse what is passed over else', false))
    .option('--report <file>', 'write what became of each template as JSON')
    .addHelpText('after', NOTES)
    .action(async (files: string[], options: Options) => {
      const { runPolicyGenerator } = await import('@longshore/edge');
      const { runGenerator } = await import('./generator-run.js');
      const { outPath, report, pgtPath } = options;
      await runGenerator({ files, outPath, report, hasOtherInputs: pgtPath !== undefined }, (inputs, sink, output) =>
        runPolicyGenerator({ ...options, inputs }, sink, output),
      );
    });
}
