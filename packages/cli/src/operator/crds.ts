import { Command } from 'commander';

const EXAMPLES = `
Examples:
  longshore operator crds | kubectl apply -f -
  longshore operator crds > crds.yaml`;

/** `longshore operator crds` */
export function crdsCommand(): Command {
  return new Command('crds')
    .description('print the custom resource definitions of the operator, as YAML')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { CUSTOM_RESOURCE_DEFINITIONS, printYaml } = await import('@longshore/operator');
      process.stdout.write(printYaml(CUSTOM_RESOURCE_DEFINITIONS));
    });
}
