import { hostname } from 'node:os';
import type { Change, Decision, Release, StatusWrite } from '@longshore/operator';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { ownVersion } from '../own-version.js';
import { parsePort } from '../port-option.js';
import { onSignal } from '../signals.js';
import { issueCertificate } from './issue-certificate.js';
import { startMetricsServer, type MetricsServer, type CertificateFiles } from './metrics-server.js';

interface Options extends CertificateFiles {
  metricsPort?: number;
  kubeconfig?: string;
  context?: string;
  image?: string;
  leaseNamespace: string;
  optionalAlerts?: true;
}

const NOTES = `
Runs until Ctrl-C or SIGTERM. Of several, one works and the others wait. In a pod, IMAGE, IMAGE_PRUNER and OPERATOR_IMAGE name
the images of registry, pruner and node-ca, POD_NAME this process, and RELEASE_VERSION the version.

With --metrics-port it serves /metrics, /healthz and /readyz by HTTPS, with a certificate of its own while the files are missing.

Examples:
  longshore operator run
  longshore operator run --metrics-port 60000 --tls-cert-file tls.crt --tls-private-key-file tls.key
  longshore operator run --kubeconfig admin.kubeconfig --image registry.example.com/longshore:1`;

/** `longshore operator run` */
export function runCommand(): Command {
  return new Command('run')
    .description('bring up the image registry of a cluster, and keep it as its custom resources say')
    .addOption(new Option('--kubeconfig <file>', 'kubeconfig of the cluster; default: that of the pod, KUBECONFIG'))
    .addOption(new Option('--context <name>', 'context in it; default: the current one'))
    .option('--image <image>', 'pull spec of Longshore, where no variable names another image')
    .option('--lease-namespace <name>', 'namespace of the Lease by which they agree', 'openshift-image-registry')
    .option('--metrics-port <port>', 'port for metrics and health; default: they are not served', parsePort)
    .option('--tls-cert-file <file>', 'certificate for it, PEM; read again when it changes')
    .option('--tls-private-key-file <file>', 'its key, PEM')
    .option('--optional-alerts', 'have Prometheus tell also what is only to inform')
    .addHelpText('after', NOTES)
    .action(run);
}

async function run({ leaseNamespace, optionalAlerts, metricsPort, ...options }: Options): Promise<void> {
  checkCertificate(metricsPort, options);
  const { operatorEndpoints, OperatorMetrics, OWN_COMMANDS, reachesCluster, runOperator } =
    await import('@longshore/operator');
  const release = { ...releaseOf(options.image, process.env), ...OWN_COMMANDS };
  const ended = new AbortController();
  onSignal(() => ended.abort());
  const { findConnection, HttpTransport, KubeClient } = await import('@longshore/kube');
  const { kubeconfig, context } = options;
  const connection = await findConnection({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  const client = new KubeClient(new HttpTransport(connection, { userAgent: 'longshore-operator' }));
  const metrics = new OperatorMetrics();
  let server: MetricsServer | undefined;
  try {
    const checkReady = () => reachesCluster(client, leaseNamespace);
    const handle = operatorEndpoints({ metrics, checkReady });
    if (metricsPort !== undefined)
      server = await startMetricsServer({ ...options, port: metricsPort, handle, onError: warn });
    if (server !== undefined) process.stdout.write(`serving metrics on port ${server.port}\n`);
    await runOperator(
      {
        client,
        release,
        identity: process.env['POD_NAME'] ?? `${hostname()}-${process.pid}`,
        election: { namespace: leaseNamespace },
        issueCertificate,
        metrics,
        ...(optionalAlerts !== undefined && { optionalAlerts }),
        onWrite: (write) => process.stdout.write(`${told(write)}\n`),
        onDecision: (decision, isVerbose) => void (isVerbose && process.stdout.write(`${considered(decision)}\n`)),
        onError: warn,
      },
      ended.signal,
    );
  } finally {
    await server?.stop();
    await client.close();
  }
}

/** Errors: CliError for what would have no effect. */
function checkCertificate(metricsPort: number | undefined, { tlsCertFile, tlsPrivateKeyFile }: CertificateFiles): void {
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) {
    throw new CliError('--tls-cert-file and --tls-private-key-file need each other', 2);
  }
  if (tlsCertFile !== undefined && metricsPort === undefined) {
    throw new CliError('--tls-cert-file is of use with --metrics-port only', 2);
  }
}

const warn = (error: unknown) =>
  void process.stderr.write(`longshore: ${error instanceof Error ? error.message : String(error)}\n`);

type Images = Pick<Release, 'version' | 'registryImage' | 'prunerImage' | 'operatorImage'>;

function releaseOf(image: string | undefined, env: NodeJS.ProcessEnv): Images {
  const named = (variable: string): string => {
    const found = env[variable] || image;
    if (found !== undefined) return found;
    throw new CliError(`name the image of Longshore: --image PULLSPEC, or the variable ${variable}`, 2);
  };
  return {
    version: env['RELEASE_VERSION'] || ownVersion(),
    registryImage: named('IMAGE'),
    prunerImage: named('IMAGE_PRUNER'),
    operatorImage: named('OPERATOR_IMAGE'),
  };
}

function told(write: Change | StatusWrite): string {
  const { type } = write;
  const kind = type.group === '' ? type.resource : `${type.resource}.${type.group}`;
  if (!('action' in write)) return `status ${kind} ${write.object.metadata.name}`;
  return [`${write.action} ${kind} ${write.name}`, ...write.detail].join('; ');
}

function considered({ changes, statuses }: Decision): string {
  return `considered the cluster: ${changes.length} objects and ${statuses.length} statuses to write`;
}
