import type { RegistryConfig, Running } from '@longshore/registry';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { onSignal } from '../signals.js';
import { configOption, readConfig } from './config-file.js';

const NOTES = `
Runs until Ctrl-C or SIGTERM: then it takes no new requests and lets running ones end (http.draintimeout). A second
Ctrl-C ends it at once.

Examples:
  longshore registry serve --config /etc/longshore/registry.yml
  REGISTRY_HTTP_ADDR=127.0.0.1:5000 longshore registry serve
  longshore registry serve --in-cluster`;

/** Users and rights are those of a cluster. */
const IN_CLUSTER = { REGISTRY_AUTH: 'openshift' };

/** `longshore registry serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('serve images: push and pull with podman, skopeo, buildah and others')
    .addOption(configOption())
    .option(
      '--in-cluster',
      'take users, rights and image streams from the cluster in whose pod this runs, or of KUBECONFIG',
    )
    .addHelpText('after', NOTES)
    .action(async ({ config: file, inCluster = false }: { config?: string; inCluster?: boolean }) => {
      const config = await readConfig(file, inCluster ? IN_CLUSTER : {});
      const interrupted = new Promise<void>((resolve) => onSignal(resolve));
      const running = await start(config);
      await interrupted;
      await running.stop();
    });
}

async function start(config: RegistryConfig): Promise<Running> {
  const { serve } = await import('@longshore/registry');
  try {
    return await serve(config);
  } catch (error) {
    throw new CliError(`cannot serve on ${config.http.addr}: ${(error as Error).message}`, 1, { cause: error });
  }
}
