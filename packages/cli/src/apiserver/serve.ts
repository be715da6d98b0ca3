import { hostname } from 'node:os';
import type { ImportMode } from '@longshore/kube';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { collect, etcdOf, withEtcdOptions, type EtcdOptions } from '../cluster/etcd-options.js';
import { ownVersion } from '../own-version.js';
import { parsePort } from '../port-option.js';
import { onSignal } from '../signals.js';

interface Options extends EtcdOptions {
  kubeconfig?: string;
  bindAddress?: string;
  securePort: number;
  tlsCertFile: string;
  tlsPrivateKeyFile: string;
  internalRegistryHostname?: string;
  externalRegistryHostname: string[];
  importMode: ImportMode;
  leaseNamespace: string;
}

const NOTES = `
Runs until Ctrl-C or SIGTERM. Users and rights are those of the cluster, which sends its requests here once it has the
APIService that longshore apiserver manifests prints. Several replicas share one etcd.

Examples:
  longshore apiserver serve --etcd-endpoint https://etcd.example.com:2379 --etcd-ca ca.crt \\
    --tls-cert-file /tls/tls.crt --tls-private-key-file /tls/tls.key
  longshore apiserver serve --kubeconfig extended.kubeconfig --etcd-endpoint http://127.0.0.1:2379 \\
    --tls-cert-file server.crt --tls-private-key-file server.key --internal-registry-hostname registry.example.com:5000`;

/** `longshore apiserver serve` */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the API server')
    .option('--kubeconfig <file>', 'of the cluster that is extended; default: that of the pod')
    .option('--bind-address <address>', 'address to listen on; default: all')
    .option('--secure-port <port>', 'port to listen on', parsePort, 8443)
    .requiredOption('--tls-cert-file <file>', 'serving certificate, PEM; read again when it changes')
    .requiredOption('--tls-private-key-file <file>', 'its key, PEM')
    .option('--internal-registry-hostname <host:port>', 'of the registry, where images.config.openshift.io says none')
    .option('--external-registry-hostname <host:port>', 'further names of it; may be repeated', collect, [])
    .addOption(
      new Option('--import-mode <mode>', 'of tags that name none')
        .choices(['Legacy', 'PreserveOriginal'])
        .default('PreserveOriginal'),
    )
    .option('--lease-namespace <name>', 'namespace of the Lease by which replicas agree', 'openshift-image-registry')
    .addHelpText('after', NOTES);
  return withEtcdOptions(command, 'etcd in which the objects are kept').action(serve);
}

async function serve(options: Options): Promise<void> {
  const etcd = etcdOf(options);
  if (etcd === undefined) throw new CliError('name the etcd in which objects are kept: --etcd-endpoint URL', 2);
  const interrupted = new Promise<void>((resolve) => onSignal(resolve));
  const { findConnection, HttpTransport, KubeClient } = await import('@longshore/kube');
  const { openEtcd } = await import('@longshore/cluster');
  const { startImageApiServer } = await import('@longshore/images');
  const { createLogger } = await import('@longshore/registry');
  const { kubeconfig, bindAddress: host, internalRegistryHostname: internal } = options;
  const connection = await findConnection(kubeconfig === undefined ? {} : { kubeconfig });
  const log = createLogger({ level: 'info' });
  const client = new KubeClient(new HttpTransport(connection, { userAgent: 'longshore-apiserver' }));
  const store = await openEtcd(etcd);
  try {
    const server = await startImageApiServer({
      client,
      store,
      port: options.securePort,
      certificateFile: options.tlsCertFile,
      keyFile: options.tlsPrivateKeyFile,
      hostnames: { external: options.externalRegistryHostname, ...(internal !== undefined && { internal }) },
      defaultImportMode: options.importMode,
      identity: `${hostname()}-${process.pid}`,
      namespace: options.leaseNamespace,
      version: ownVersion(),
      env: process.env,
      onError: (error) => log.warn({ error }, 'something failed and is tried again'),
      ...(host !== undefined && { host }),
    });
    process.stdout.write(`serving image.openshift.io on port ${server.port}\n`);
    await interrupted;
    await server.stop();
  } finally {
    await store.close();
    await client.close();
    await log.flush();
  }
}
