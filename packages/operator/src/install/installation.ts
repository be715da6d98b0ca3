import type { KubeObject } from '@longshore/kube';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../crds/definitions.js';
import { CONFIG_NAMESPACE, MANAGED_NAMESPACE, NAMESPACE } from '../names.js';
import { monitoringAccess } from './monitoring-access.js';
import { operatorDeployment, operatorService, type OperatorPod } from './operator-deployment.js';
import { operatorRoles } from './operator-roles.js';
import type { Account } from './roles.js';

/** How the operator is installed. */
export interface InstallOptions extends OperatorPod {
  /** Of the Prometheus that may ask the registry for its metrics. */
  prometheus: Account;
}

/** Everything that a cluster needs for the operator to run in it, part by part, in the order in which it is applied. */
export interface Installation {
  definitions: readonly KubeObject[];
  namespaces: KubeObject[];
  rights: KubeObject[];
  operator: KubeObject[];
}

/** Of OpenShift's own monitoring. */
export const PROMETHEUS: Account = { name: 'prometheus-k8s', namespace: 'openshift-monitoring' };

export function installation(options: InstallOptions): Installation {
  return {
    definitions: CUSTOM_RESOURCE_DEFINITIONS,
    namespaces: namespaces(options.isOpenShift),
    rights: [...operatorRoles(), ...monitoringAccess(options.prometheus)],
    operator: [operatorDeployment(options), operatorService()],
  };
}

/** On OpenShift, those in which the operator reads and writes what concerns others are there. */
function namespaces(isOpenShift: boolean): KubeObject[] {
  const own: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: NAMESPACE,
      labels: {
        'openshift.io/cluster-monitoring': 'true',
        // node-ca writes to the nodes.
        'pod-security.kubernetes.io/enforce': 'privileged',
      },
    },
  };
  const shared = isOpenShift ? [] : [CONFIG_NAMESPACE, MANAGED_NAMESPACE];
  return [own, ...shared.map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))];
}
