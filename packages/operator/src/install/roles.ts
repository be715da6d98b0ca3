import type { KubeObject } from '@longshore/kube';
import { RBAC_VERSION, type Rule } from '../operands/rbac.js';

/** A ServiceAccount. */
export interface Account {
  name: string;
  namespace: string;
}

export function role(name: string, namespace: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion: RBAC_VERSION, kind: 'Role', metadata: { name, namespace }, rules };
}

/** Gives a Role or ClusterRole to an account, under the role's own name and where it holds. */
export function bindRole({ kind, metadata }: KubeObject, subject: Account): KubeObject {
  return {
    apiVersion: RBAC_VERSION,
    kind: `${kind}Binding`,
    metadata: { ...metadata },
    roleRef: { apiGroup: RBAC_VERSION.split('/')[0], kind, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', ...subject }],
  };
}
