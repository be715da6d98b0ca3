import type { KubeObject } from '@longshore/kube';
import { NAMESPACE, OPERATOR } from '../names.js';
import { clusterRole, serviceAccount, type Rule } from '../operands/rbac.js';
import { operatorRights, PASSED_ON_RULES } from './rights.js';
import { bindRole, role } from './roles.js';

const PASSED_ON = `${OPERATOR}-passed-on`;
const SUBJECT = { name: OPERATOR, namespace: NAMESPACE };

/** The operator's ServiceAccount with its rights. */
export function operatorRoles(): KubeObject[] {
  return [
    serviceAccount(OPERATOR).object,
    ...operatorRights().flatMap(({ namespace, rules }) => granted(OPERATOR, rules, namespace)),
    ...granted(PASSED_ON, PASSED_ON_RULES),
  ];
}

function granted(name: string, rules: readonly Rule[], namespace?: string): KubeObject[] {
  const made = namespace === undefined ? clusterRole(name, rules).object : role(name, namespace, rules);
  return [made, bindRole(made, SUBJECT)];
}
