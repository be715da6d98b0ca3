import { LabelSelector, SelectorError, type LabelSelectorObject } from '@longshore/kube';
import type { ClusterRole } from './objects.js';
import { formatRule, type PolicyRule } from './policy-rule.js';

/**
 * The rules that a cluster role with an aggregation rule should have: those of all roles that its selectors find, each
 * once, in the order of the roles' names (Kubernetes RBAC, "Aggregated ClusterRoles").
 */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const found = all
    .filter((other) => other.metadata.name !== role.metadata.name)
    .filter(({ metadata }) => selectors.some((selector) => selects(selector, metadata.labels ?? {})))
    .sort((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const rule of found.flatMap((each) => each.rules ?? [])) rules.set(formatRule(rule), rule);
  return [...rules.values()];
}

/** The roles whose rules are not what they should be, with the rules that they should have. */
export function rolesToAggregate(all: readonly ClusterRole[]): ClusterRole[] {
  return all.flatMap((role) => {
    if (role.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return [];
    const rules = aggregatedRules(role, all);
    return JSON.stringify(rules) === JSON.stringify(role.rules ?? []) ? [] : [{ ...role, rules }];
  });
}

/** A selector that cannot be read selects nothing. */
function selects(selector: LabelSelectorObject, labels: Record<string, string>): boolean {
  try {
    return LabelSelector.fromObject(selector).matches(labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}
