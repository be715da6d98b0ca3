import type { SiteExpectation } from './expectation.js';

/**
 * A shell script that collects what a verification reads, for people who have access where we have none. It only reads. Files
 * of commands that fail are removed, so that they count as not collected.
 */
export function collectScript({ cluster, node, registry }: SiteExpectation): string {
  const machine = node === undefined ? '"$(oc get nodes -o name | head -n 1)"' : `node/${node}`;
  const onNode = (command: string) => `oc debug --quiet ${machine} -- chroot /host ${command}`;
  const hub = [
    keep('host.json', `oc --kubeconfig "$HUB" get baremetalhosts -n ${cluster} -o json`),
    keep(
      'policies.json',
      `oc --kubeconfig "$HUB" get policies.policy.open-cluster-management.io -n ${cluster} -o json`,
    ),
  ];
  const machineFiles = [
    keep('lsblk.json', onNode('lsblk -J -b')),
    keep('df.txt', onNode('df -B1')),
    keep('mounts.txt', onNode('cat /proc/mounts')),
  ];
  const objects =
    registry === undefined
      ? []
      : [
          keep('storage.json', 'oc get storageclasses,persistentvolumes -o json'),
          keep('claims.json', `oc get persistentvolumeclaims -n ${registry.claimNamespace} -o json`),
          keep('registry-config.json', 'oc get configs.imageregistry.operator.openshift.io cluster -o json'),
          keep('pods.json', `oc get pods -n ${registry.claimNamespace} -o json`),
        ];
  return [
    '#!/bin/sh',
    `# Collects what "longshore edge verify" reads of ${cluster}. HUB is the kubeconfig of the hub, KUBECONFIG that of the cluster.`,
    'set -u',
    ': "${HUB:?set HUB to the kubeconfig of the hub}" "${KUBECONFIG:?set KUBECONFIG to that of the cluster}"',
    `folder=${cluster}-collected`,
    'keep() { file=$folder/$1; shift; "$@" > "$file" || { rm -f "$file"; echo "not collected: $file" >&2; }; }',
    'mkdir -p "$folder" || exit 1',
    ...hub,
    ...machineFiles,
    ...objects,
    '',
  ].join('\n');
}

function keep(file: string, command: string): string {
  return `keep ${file} ${command}`;
}
