import type { Cluster, ClusterError } from '@longshore/cluster';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { ownVersion } from '../own-version.js';
import { onSignal } from '../signals.js';
import { collect, etcdOf, withEtcdOptions, type EtcdOptions } from './etcd-options.js';
import { dataDirOption } from './data-dir.js';
import { nextSteps } from './next-steps.js';

interface Options extends EtcdOptions {
  dataDir: string;
  apiAddress: string;
  registryAddress: string;
  routerAddress?: string;
  operator: boolean;
  hostChanges: boolean;
  name: string[];
}

const NOTES = `
Runs until Ctrl-C, SIGTERM or longshore down: then it takes no new requests and lets running ones end.

The registry is run by its operator, in a pod, as configs.imageregistry.operator.openshift.io/cluster says. Its images are in the
folder registry of the data folder. As root, the cluster tells this machine, as long as it runs, the names of its services and
routes in /etc/hosts, and whom to trust in /etc/docker/certs.d. Without operator, REGISTRY_* variables set what the registry
does, as for longshore registry serve.

Examples:
  longshore up --data-dir var/longshore
  longshore up --api-address 0.0.0.0:6443 --registry-address 0.0.0.0:5000 --name images.example.com
  longshore up --no-operator
  longshore up --etcd-endpoint https://10.0.0.5:2379 --etcd-ca ca.crt --etcd-cert client.crt --etcd-key client.key`;

/** `longshore up` */
export function upCommand(): Command {
  const command = new Command('up')
    .addOption(dataDirOption())
    .option('--api-address <host:port>', 'where the API server listens', '127.0.0.1:6443')
    .option('--registry-address <host:port>', 'where the registry is reached on this machine', '127.0.0.1:5000')
    .option(
      '--router-address <host:port>',
      'where hosts of routes are served; default: 127.0.0.1:443, else a free port',
    )
    .option('--no-operator', 'run the registry in the process of the API server, without TLS, operator and pods')
    .option('--no-host-changes', 'leave /etc/hosts and the certificates for container engines of this machine alone')
    .option('--name <name>', 'a further name or address of the API server, for its certificate', collect, [])
    .addHelpText('after', NOTES);
  return withEtcdOptions(command, 'keep objects in this etcd instead of the data folder').action(
    async (options: Options) => {
      const ended = new AbortController();
      const interrupted = new Promise<void>((resolve) => onSignal(resolve)).then(() => ended.abort());
      const cluster = await start(options);
      const problem = await cluster.untilRegistryAvailable(ended.signal).catch(() => 'the cluster ends');
      process.stdout.write(nextSteps(cluster, problem));
      await interrupted;
      await cluster.stop();
    },
  );
}

async function start(options: Options): Promise<Cluster> {
  const etcd = etcdOf(options);
  const { dataDir, apiAddress, registryAddress, routerAddress, operator, hostChanges, name: names } = options;
  const { startCluster } = await import('@longshore/cluster');
  try {
    return await startCluster({
      dataDir,
      apiAddress,
      registryAddress,
      ...(routerAddress !== undefined && { routerAddress }),
      operator,
      changesHost: hostChanges,
      names,
      version: ownVersion(),
      env: process.env,
      ...(etcd && { etcd }),
    });
  } catch (error) {
    const { code, message } = error as ClusterError;
    if (code === 'CLUSTER_FAILED') throw new CliError(message, 1, { cause: error });
    throw error;
  }
}
