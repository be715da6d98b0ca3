import { fields, type Fields } from '../yaml/value.js';
import { machineConfig } from './disk-partition.js';

/**
 * The MachineConfig that pins the platform's own processes to a set of CPUs: a drop-in of the container runtime and the pinning
 * file of the kubelet (edge.md 3.5).
 */
export function workloadPartitioning(cpuset: string, role: string): Fields {
  const runtime = [
    '[crio.runtime.workloads.management]',
    'activation_annotation = "target.workload.openshift.io/management"',
    'annotation_prefix = "resources.workload.openshift.io"',
    `resources = { "cpushares" = 0, "cpuset" = ${JSON.stringify(cpuset)} }`,
  ];
  const files = [
    file('/etc/crio/crio.conf.d/01-workload-partitioning', `${runtime.join('\n')}\n`),
    file('/etc/kubernetes/openshift-workload-pinning', `${JSON.stringify({ management: { cpuset } }, undefined, 2)}\n`),
  ];
  return machineConfig(`02-${role}-workload-partitioning`, role, { storage: fields([['files', files]]) });
}

/** The folder, among manifests for every cluster, with the parts of the manifest that `pinningOfParts` makes. */
export const PINNING_FOLDER = 'workload';

/** The same MachineConfig as text, of a user's parts: both files, and the manifest around them, with placeholders. */
export function pinningOfParts(read: (name: string) => string, cpuset: string, role: string): string {
  const encoded = (name: string) => Buffer.from(read(name).replaceAll('$cpuset', () => cpuset)).toString('base64');
  const [runtime, kubelet] = [encoded('crio.conf'), encoded('kubelet.conf')];
  return read('03-workload-partitioning.yaml')
    .replaceAll('$crio', runtime)
    .replaceAll('$k8s', kubelet)
    .replaceAll('$mcp', () => role);
}

function file(path: string, contents: string): Fields {
  const source = `data:text/plain;charset=utf-8;base64,${Buffer.from(contents).toString('base64')}`;
  return fields([
    ['path', path],
    ['mode', 0o644],
    ['overwrite', true],
    ['user', fields([['name', 'root']])],
    ['contents', fields([['source', source]])],
  ]);
}
