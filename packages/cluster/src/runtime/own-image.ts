import { InvalidReferenceError, parseReference } from '@longshore/oci';
import type { PodSpec } from 'kubernetes-types/core/v1.js';

/** The repository under which Longshore's own containers name their image where no registry holds it. */
export const OWN_IMAGE = 'longshore.local/longshore';

/**
 * Whether a pull spec means Longshore itself: its repository is `longshore`, or ends in `/longshore`. Nothing of the image is
 * run but the program that runs already, so where the image comes from does not matter.
 */
export function isOwnImage(image: string): boolean {
  try {
    const { repository } = parseReference(image);
    return repository === 'longshore' || repository.endsWith('/longshore');
  } catch (error) {
    if (error instanceof InvalidReferenceError) return false;
    throw error;
  }
}

/** Where pods are run, and what the namespace says of it. */
export interface NamespaceFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
}

const PRIVILEGED_LABEL = 'pod-security.kubernetes.io/enforce';

/**
 * Why this machine cannot run a pod; undefined when it can. Containers are processes with the rights of the cluster itself,
 * so they are run only where administrators alone make namespaces, or have said so by the label of Kubernetes' pod security.
 */
export function whyNotRun(
  spec: PodSpec,
  namespace: NamespaceFacts,
  nodeLabels: Readonly<Record<string, string>>,
): string | undefined {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const foreign = containers.find(({ image = '' }) => !isOwnImage(image));
  if (foreign !== undefined) {
    return `this machine runs only Longshore's own image, such as ${OWN_IMAGE}; container ${foreign.name} wants ${foreign.image ?? 'none'}`;
  }
  if (!mayRunProcesses(namespace)) {
    return `containers are processes of this machine with its rights; an administrator may allow that by labelling namespace ${namespace.name} with ${PRIVILEGED_LABEL}=privileged`;
  }
  const sidecar = spec.initContainers?.find((one) => 'restartPolicy' in one && one.restartPolicy === 'Always');
  if (sidecar !== undefined) return `init container ${sidecar.name} never ends: the local runtime has no sidecars`;
  const missing = Object.entries(spec.nodeSelector ?? {}).find(([label, value]) => nodeLabels[label] !== value);
  if (missing !== undefined) return `the node does not have the label ${missing.join('=')} that the pod selects`;
  return undefined;
}

function mayRunProcesses({ name, labels }: NamespaceFacts): boolean {
  return isOfCluster(name) || labels[PRIVILEGED_LABEL] === 'privileged';
}

/** Whether a namespace is one of those that administrators alone make. */
export function isOfCluster(namespace: string): boolean {
  return namespace.startsWith('openshift-') || namespace.startsWith('kube-');
}
