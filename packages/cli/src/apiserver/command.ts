import { Command } from 'commander';
import { manifestsCommand } from './manifests-command.js';
import { serveCommand } from './serve.js';

const EXAMPLES = `
Examples:
  longshore apiserver manifests --image registry.example.com/longshore:1 --etcd-endpoint https://etcd:2379 | kubectl apply -f -
  longshore apiserver serve --kubeconfig extended.kubeconfig --etcd-endpoint http://127.0.0.1:2379 \\
    --tls-cert-file server.crt --tls-private-key-file server.key`;

/** `longshore apiserver …` */
export function apiserverCommand(): Command {
  return new Command('apiserver')
    .addHelpText('after', EXAMPLES)
    .addCommand(serveCommand())
    .addCommand(manifestsCommand());
}
