import type { KubeObject } from '@longshore/kube';
import { NAMESPACE, RESOURCES } from '../names.js';
import { NODE_CA } from '../operands/node-ca.js';
import type { Snapshot } from '../snapshot.js';
import type { NewCondition } from '../storage/decide-storage.js';

interface DaemonSet extends KubeObject {
  status?: {
    desiredNumberScheduled?: number;
    numberAvailable?: number;
    updatedNumberScheduled?: number;
    numberMisscheduled?: number;
  };
}

/** Conditions of the daemon set node-ca (operator.md 1.4; without nodes it is available, too: 9.7). */
export function nodeCaConditions(snapshot: Snapshot): NewCondition[] {
  const daemonSet = snapshot.find<DaemonSet>(RESOURCES.daemonSets, NODE_CA, NAMESPACE);
  if (daemonSet === undefined) {
    const missing = { reason: 'NotFound', message: 'The daemon set node-ca does not exist' };
    return [
      { type: 'NodeCADaemonAvailable', status: 'False', ...missing },
      { type: 'NodeCADaemonProgressing', status: 'True', ...missing },
    ];
  }
  const { status = {} } = daemonSet;
  const { desiredNumberScheduled: desired = 0, numberAvailable = 0, numberMisscheduled = 0 } = status;
  const isAvailable = numberAvailable > 0 || desired === 0;
  const isUpdating = (status.updatedNumberScheduled ?? 0) < desired || numberMisscheduled > 0;
  return [
    {
      type: 'NodeCADaemonAvailable',
      status: isAvailable ? 'True' : 'False',
      reason: isAvailable ? 'AsExpected' : 'NoAvailableReplicas',
      message: `The daemon set node-ca ${isAvailable ? 'has' : 'does not have'} available replicas`,
    },
    {
      type: 'NodeCADaemonProgressing',
      status: isUpdating ? 'True' : 'False',
      reason: isUpdating ? 'Progressing' : 'AsExpected',
      message: `The daemon set node-ca is ${isUpdating ? 'updating node pods' : 'deployed'}`,
    },
  ];
}
