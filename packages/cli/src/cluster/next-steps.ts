import { relative } from 'node:path';
import type { Cluster } from '@longshore/cluster';

/** What runs, and what a person types next. The password is shown where the cluster has just been made, and never again. */
export function nextSteps(
  { apiUrl, registryAddress, kubeconfig, kubeadminPassword }: Cluster,
  from = process.cwd(),
): string {
  const below = relative(from, kubeconfig);
  const file = below.startsWith('..') ? kubeconfig : below;
  const facts: [string, string][] = [
    ['API server', apiUrl],
    ['registry', registryAddress],
    ['kubeconfig', file],
    ...(kubeadminPassword === undefined
      ? []
      : [['password', `${kubeadminPassword}  (of kubeadmin; shown this once)`] as [string, string]]),
  ];
  const password = kubeadminPassword ?? 'PASSWORD';
  const steps: [string, string][] = [
    ['look', `kubectl --kubeconfig ${file} get clusterroles,namespaces`],
    ['log in', `oc login -u kubeadmin -p ${password} ${apiUrl}`],
    ['project', `kubectl --kubeconfig ${file} create namespace demo`],
    ['token', `TOKEN=$(kubectl --kubeconfig ${file} create token builder -n demo)`],
    ['log in', `podman login --tls-verify=false -u builder -p $TOKEN ${registryAddress}`],
    ['push', `podman push --tls-verify=false IMAGE ${registryAddress}/demo/hello:1`],
    ['stop', 'Ctrl-C'],
  ];
  const lines = (rows: [string, string][]) => rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}\n`).join('');
  return `\nLongshore is up.\n\n${lines(facts)}\nNext, in another terminal:\n\n${lines(steps)}\n`;
}
