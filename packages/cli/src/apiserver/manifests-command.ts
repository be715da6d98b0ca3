import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { collect } from '../cluster/etcd-options.js';
import { manifests } from './manifests.js';

interface Options {
  namespace: string;
  image: string;
  replicas: number;
  etcdEndpoint: string[];
  etcdSecret?: string;
  servingSecret: string;
  caFile: string;
  internalRegistryHostname?: string;
}

const NOTES = `
The serving certificate is of longshore-apiserver.NAMESPACE.svc; cert-manager or openssl can make it.

Examples:
  longshore apiserver manifests --image registry.example.com/longshore:1 --ca-file ca.crt \\
    --etcd-endpoint https://etcd.example.com:2379 --etcd-secret etcd-client > apiserver.yaml
  kubectl apply -f apiserver.yaml`;

/** `longshore apiserver manifests` */
export function manifestsCommand(): Command {
  return new Command('manifests')
    .description('print what a cluster needs to have its image API from Longshore, as YAML')
    .requiredOption('--image <image>', 'pull spec of Longshore')
    .requiredOption('--ca-file <file>', 'PEM of the authority of the serving certificate')
    .requiredOption('--etcd-endpoint <url>', 'etcd in which the objects are kept; may be repeated', collect, [])
    .option('--etcd-secret <name>', 'Secret with ca.crt, tls.crt and tls.key for etcd')
    .option('--serving-secret <name>', 'Secret with tls.crt and tls.key for serving', 'longshore-apiserver-tls')
    .option('-n, --namespace <name>', 'namespace of it all', 'openshift-image-registry')
    .option('--replicas <number>', 'how many of it run', replicas, 2)
    .option('--internal-registry-hostname <host:port>', 'of the registry, where images.config.openshift.io says none')
    .addHelpText('after', NOTES)
    .action(print);
}

async function print({ caFile, etcdEndpoint, ...options }: Options): Promise<void> {
  const { stringify } = await import('yaml');
  const objects = manifests({ ...options, etcdEndpoints: etcdEndpoint, caBundle: await readFile(caFile, 'utf8') });
  process.stdout.write(objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'));
}

function replicas(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a number from 1 to 99');
}
