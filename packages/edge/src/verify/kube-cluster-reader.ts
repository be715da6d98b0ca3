import { hasReason, KubeClient, type KubeObject, readText, type ResourceType, type Transport } from '@longshore/kube';
import type { ClusterReader } from './cluster-reader.js';
import { fieldOf } from './kube-object.js';

/** A command on a node that did not end well. */
export class NodeCommandError extends Error {
  override readonly name = 'NodeCommandError';
  readonly code = 'NODE_COMMAND';
}

interface KubeReaderOptions {
  /**
   * Image with `chroot`, which the node can pull or has, for the pod that runs commands of the node. Without it nothing is run
   * there.
   */
  nodeImage?: string;
}

const PODS: ResourceType = { group: '', version: 'v1', resource: 'pods' };
/** Privileged pods are allowed there on OpenShift; `oc debug node` uses it as well. */
const NAMESPACE = 'default';
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const POD_SECONDS = 120;

/** Reads a cluster by its API. The transport stays the caller's to close. */
export function kubeClusterReader(transport: Transport, { nodeImage }: KubeReaderOptions = {}): ClusterReader {
  const client = new KubeClient(transport);
  const list: ClusterReader['list'] = async (type, namespace, signal) => {
    try {
      const where = namespace === undefined ? {} : { namespace };
      return (await client.listAll(type, { ...where, signal })).items;
    } catch (error) {
      // The cluster has no such resource: no hub without ACM, no registry capability.
      if (hasReason(error, 'NotFound')) return [];
      throw error;
    }
  };
  if (nodeImage === undefined) return { list };
  return {
    list,
    runOnNode: (node, command, signal) => runInPod(client, transport, { node, command, image: nodeImage }, signal),
  };
}

interface NodeCommand {
  node: string;
  command: readonly string[];
  image: string;
}

/** Runs a command in the node's own file system by a pod that is removed afterwards, whatever happens. */
async function runInPod(
  client: KubeClient,
  transport: Transport,
  command: NodeCommand,
  signal: AbortSignal,
): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(POD_SECONDS * 1000)]);
  const pod = await client.create(PODS, podOf(command), { namespace: NAMESPACE, signal: limited });
  const name = pod.metadata.name ?? '';
  try {
    const phase = await endOf(client, pod, limited);
    const text = await logOf(transport, name, limited);
    if (phase === 'Succeeded') return text;
    throw new NodeCommandError(`${command.command.join(' ')} failed on ${command.node}: ${text.trim().slice(0, 200)}`);
  } finally {
    // A signal that has fired must not keep the privileged pod alive.
    await client.delete(PODS, name, {
      namespace: NAMESPACE,
      gracePeriodSeconds: 0,
      signal: AbortSignal.timeout(10_000),
    });
  }
}

function podOf({ node, command, image }: NodeCommand): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'longshore-verify-', namespace: NAMESPACE },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      activeDeadlineSeconds: POD_SECONDS,
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'command',
          image,
          command: ['chroot', '/host', ...command],
          securityContext: { privileged: true, runAsUser: 0 },
          volumeMounts: [{ name: 'host', mountPath: '/host', readOnly: true }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
  };
}

/** Waits until the pod has ended; the watch begins where the creation was. */
async function endOf(client: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<string> {
  const { name = '', resourceVersion } = pod.metadata;
  let from = resourceVersion;
  for (;;) {
    const watch = client.watch(PODS, {
      namespace: NAMESPACE,
      fieldSelector: `metadata.name=${name}`,
      ...(from === undefined ? {} : { resourceVersion: from }),
      signal,
    });
    for await (const event of watch) {
      if (event.type === 'DELETED') throw new NodeCommandError(`the pod ${name} was removed before it ended`);
      const phase = fieldOf(event.object, 'status', 'phase');
      if (phase === 'Succeeded' || phase === 'Failed') return phase;
    }
    const now = await client.get(PODS, name, { namespace: NAMESPACE, signal });
    const phase = fieldOf(now, 'status', 'phase');
    if (phase === 'Succeeded' || phase === 'Failed') return phase;
    from = now.metadata.resourceVersion;
  }
}

async function logOf(transport: Transport, name: string, signal: AbortSignal): Promise<string> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${encodeURIComponent(name)}/log`;
  const response = await transport.request({ method: 'GET', path, signal });
  const text = await readText(response.body, MAX_OUTPUT_BYTES);
  if (response.status === 200) return text;
  throw new NodeCommandError(`the log of the pod ${name} cannot be read: status ${response.status}`);
}
