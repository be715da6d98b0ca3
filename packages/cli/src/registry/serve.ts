import { serve } from '@longshore/registry';
import { Command } from 'commander';
import { readConfig } from './load-config.js';

/** `longshore registry serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('serve images: push and pull with podman, skopeo, docker, crane and others')
    .option('--config <file>', "distribution's config.yml; REGISTRY_* variables go over it")
    .addHelpText('after', '\nExamples:\n  longshore registry serve --config /etc/longshore/registry.yml\n  REGISTRY_HTTP_ADDR=127.0.0.1:5000 longshore registry serve')
    .action(async ({ config: file }: { config?: string }) => {
      const running = await serve(await readConfig(file));
      await untilSignal();
      await running.stop();
    });
}

/** Resolves on the first SIGINT or SIGTERM; a second one ends the process at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const first = () => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
      resolve();
    };
    process.once('SIGINT', first);
    process.once('SIGTERM', first);
  });
}
