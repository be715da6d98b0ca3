import { relative } from 'node:path';
import type { Cluster } from '@longshore/cluster';

type Facts = Omit<Cluster, 'stop' | 'untilRegistryAvailable'>;

/**
 * What runs, and what a person types next. The password is shown where the cluster has just been made, and never again.
 * `problem`: why the registry is not available.
 */
export function nextSteps(cluster: Facts, problem?: string, from = process.cwd()): string {
  const { apiUrl, registryAddress, registryHost, routerAddress, kubeadminPassword } = cluster;
  const shown = (path: string) => {
    const below = relative(from, path);
    return below.startsWith('..') ? path : below;
  };
  const file = shown(cluster.kubeconfig);
  const facts: [string, string][] = [
    ['API server', apiUrl],
    ['registry', `${registryHost ?? registryAddress}${problem === undefined ? '' : `  (not available: ${problem})`}`],
    ...(routerAddress === undefined ? [] : [['routes', routerAddress] as [string, string]]),
    ['kubeconfig', file],
    ...(kubeadminPassword === undefined
      ? []
      : [['password', `${kubeadminPassword}  (of kubeadmin; shown this once)`] as [string, string]]),
  ];
  const password = kubeadminPassword ?? 'PASSWORD';
  const [registry, insecurely] =
    registryHost === undefined ? [registryAddress, '--tls-verify=false '] : [registryHost, ''];
  const steps: [string, string][] = [
    ['look', `kubectl --kubeconfig ${file} get pods,services -A`],
    ['log in', `oc login -u kubeadmin -p ${password} --certificate-authority=${shown(cluster.authority)} ${apiUrl}`],
    ['project', `kubectl --kubeconfig ${file} create namespace demo`],
    ['token', `TOKEN=$(kubectl --kubeconfig ${file} create token builder -n demo)`],
    ['log in', `podman login ${insecurely}-u builder -p $TOKEN ${registry}`],
    ['push', `podman push ${insecurely}IMAGE ${registry}/demo/hello:1`],
    ['stop', 'Ctrl-C'],
  ];
  const lines = (rows: [string, string][]) => rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}\n`).join('');
  return `\nLongshore is up.\n\n${lines(facts)}\nNext, in another terminal:\n\n${lines(steps)}\n`;
}
