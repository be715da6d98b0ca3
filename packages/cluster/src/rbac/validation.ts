import { invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import { checkDnsSubdomain, type StatusCause } from '@longshore/kube';
import { RBAC_GROUP, type Binding, type ClusterRole, type Role, type Subject } from './objects.js';
import type { PolicyRule } from './policy-rule.js';

const NO_SELECTORS = 'at least one clusterRoleSelector required if aggregationRule is non-nil';

/** Problems of a Role (`namespaced`) or ClusterRole, as Kubernetes words them. */
export function validateRole(role: Role, namespaced: boolean): StatusCause[] {
  const problems = (role.rules ?? []).flatMap((rule, index) => validateRule(rule, `rules[${index}]`, namespaced));
  const aggregation = 'aggregationRule' in role ? (role as ClusterRole).aggregationRule : undefined;
  if (aggregation !== undefined && (aggregation.clusterRoleSelectors ?? []).length === 0) {
    problems.push(requiredValue('aggregationRule.clusterRoleSelectors', NO_SELECTORS));
  }
  return problems;
}

function validateRule(rule: PolicyRule, field: string, namespaced: boolean): StatusCause[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const problems: StatusCause[] = [];
  if (verbs.length === 0) problems.push(requiredValue(`${field}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const urls = `${field}.nonResourceURLs`;
    if (namespaced)
      problems.push(invalidValue(urls, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      problems.push(
        invalidValue(urls, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      );
    }
    return problems;
  }
  if (apiGroups.length === 0) {
    problems.push(requiredValue(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    problems.push(requiredValue(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
  return problems;
}

/** Problems of a RoleBinding or ClusterRoleBinding (`clusterScoped`). */
export function validateBinding(binding: Binding, clusterScoped: boolean): StatusCause[] {
  const { roleRef, subjects = [] } = binding;
  const problems: StatusCause[] = [];
  if (roleRef.apiGroup !== RBAC_GROUP) {
    problems.push(unsupportedValue('roleRef.apiGroup', roleRef.apiGroup, [RBAC_GROUP]));
  }
  const kinds = clusterScoped ? ['ClusterRole'] : ['ClusterRole', 'Role'];
  if (!kinds.includes(roleRef.kind)) problems.push(unsupportedValue('roleRef.kind', roleRef.kind, kinds));
  if (roleRef.name === '') problems.push(requiredValue('roleRef.name'));
  return [...problems, ...subjects.flatMap((subject, index) => validateSubject(subject, `subjects[${index}]`))];
}

function validateSubject(subject: Subject, field: string): StatusCause[] {
  const problems: StatusCause[] = [];
  if (subject.name === '') problems.push(requiredValue(`${field}.name`));
  const group = subject.apiGroup ?? '';
  if (subject.kind === 'ServiceAccount') {
    const wrong = subject.name === '' ? [] : checkDnsSubdomain(subject.name);
    problems.push(...wrong.map((why) => invalidValue(`${field}.name`, subject.name, why)));
    if (group !== '') problems.push(unsupportedValue(`${field}.apiGroup`, group, ['']));
    if ((subject.namespace ?? '') === '') problems.push(requiredValue(`${field}.namespace`));
  } else if (subject.kind === 'User' || subject.kind === 'Group') {
    if (group !== RBAC_GROUP) problems.push(unsupportedValue(`${field}.apiGroup`, group, [RBAC_GROUP]));
  } else {
    problems.push(unsupportedValue(`${field}.kind`, subject.kind, ['Group', 'ServiceAccount', 'User']));
  }
  return problems;
}

/** A binding stands for one role for ever. */
export function validateBindingUpdate({ roleRef }: Binding, { roleRef: old }: Binding): StatusCause[] {
  if (roleRef.apiGroup === old.apiGroup && roleRef.kind === old.kind && roleRef.name === old.name) return [];
  const shown = `rbac.RoleRef{APIGroup:${JSON.stringify(roleRef.apiGroup)}, Kind:${JSON.stringify(roleRef.kind)}, Name:${JSON.stringify(roleRef.name)}}`;
  // Of objects Kubernetes shows what Go prints.
  return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: cannot change roleRef`, field: 'roleRef' }];
}

/** Fills the groups that clients leave out. */
export function setBindingDefaults(binding: Binding): void {
  binding.roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind !== 'ServiceAccount') subject.apiGroup ||= RBAC_GROUP;
  }
}
