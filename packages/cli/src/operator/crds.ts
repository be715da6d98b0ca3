import { Command } from 'commander';

const EXAMPLES = `
Examples:
  longshore operator crds | kubectl apply -f -
  longshore operator crds > deploy/crds/imageregistry.operator.openshift.io.yaml`;

/** `longshore operator crds` */
export function crdsCommand(): Command {
  return new Command('crds')
    .description('print the custom resource definitions of the operator, as YAML')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { stringify } = await import('yaml');
      const { CUSTOM_RESOURCE_DEFINITIONS } = await import('@longshore/operator');
      const options = { lineWidth: 0, aliasDuplicateObjects: false };
      process.stdout.write(CUSTOM_RESOURCE_DEFINITIONS.map((object) => stringify(object, options)).join('---\n'));
    });
}
