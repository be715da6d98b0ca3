import { uncovered } from './escalation.js';
import type { ClusterRole } from './objects.js';

/** `true` on roles that a newer version may add rules to; users set it to `false` to keep a role as it is. */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/**
 * The role with the rules of its newest version that it lacks; undefined when there are none, or when its users or its
 * aggregation rule say what is in it (Kubernetes RBAC, "Auto-reconciliation").
 */
export function withMissingRules(role: ClusterRole, newest: ClusterRole): ClusterRole | undefined {
  if (role.metadata.annotations?.[AUTO_UPDATE] !== 'true' || newest.aggregationRule !== undefined) return undefined;
  const { rules = [] } = role;
  const missing = uncovered(rules, newest.rules ?? []);
  return missing.length === 0 ? undefined : { ...role, rules: [...rules, ...missing] };
}
