import { CERTIFICATES, NAMESPACE, REQUIRED_SCC, RESOURCES } from '../names.js';
import type { Release } from '../release.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import { roleBinding, serviceAccount } from './rbac.js';

export const NODE_CA = 'node-ca';
/** Where container engines look for the certificates of registries. */
export const NODE_CERTIFICATES = '/etc/docker/certs.d';
export const SECURITY_CONTEXT_CONSTRAINTS = {
  group: 'security.openshift.io',
  version: 'v1',
  resource: 'securitycontextconstraints',
};

/** What makes each node trust the registries that the cluster trusts (operator.md 4.4). */
export function nodeCa({ operatorImage, nodeCaCommand }: Release, snapshot: Snapshot): Wanted[] {
  return [
    serviceAccount(NODE_CA),
    ...(snapshot.serves(SECURITY_CONTEXT_CONSTRAINTS)
      ? [roleBinding(NODE_CA, 'system:openshift:scc:privileged', NODE_CA)]
      : []),
    {
      type: RESOURCES.daemonSets,
      object: {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: NODE_CA, namespace: NAMESPACE },
        spec: {
          selector: { matchLabels: { name: NODE_CA } },
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 } },
          template: {
            metadata: {
              labels: { name: NODE_CA },
              annotations: {
                [REQUIRED_SCC]: 'privileged',
                'target.workload.openshift.io/management': '{"effect": "PreferredDuringScheduling"}',
              },
            },
            spec: podSpec(operatorImage, nodeCaCommand),
          },
        },
      },
    },
  ];
}

function podSpec(image: string, command: readonly string[]): object {
  return {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    hostNetwork: true,
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: NODE_CA,
    containers: [
      {
        name: NODE_CA,
        image,
        command: [...command],
        resources: { requests: { cpu: '10m', memory: '10Mi' } },
        securityContext: { privileged: true, runAsUser: 1001, runAsGroup: 0, readOnlyRootFilesystem: true },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'serviceca', mountPath: '/tmp/serviceca' },
          { name: 'host', mountPath: NODE_CERTIFICATES },
        ],
      },
    ],
    volumes: [
      { name: 'serviceca', configMap: { name: CERTIFICATES } },
      { name: 'host', hostPath: { path: NODE_CERTIFICATES, type: 'DirectoryOrCreate' } },
    ],
  };
}
