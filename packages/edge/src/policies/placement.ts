import type { Fields, Structure, Value } from '../yaml/value.js';
import { fields } from '../yaml/value.js';
import { PolicyError } from './policy-error.js';

const POLICY_GROUP = 'policy.open-cluster-management.io';
const APPS_GROUP = 'apps.open-cluster-management.io';
const MAX_NAME = 63;

interface Binding {
  name: string;
  namespace: string;
  bindingRules: Record<string, string>;
  bindingExcludedRules: Record<string, string>;
}

/** The PlacementRule of a template (edge.md 4.3). Throws PolicyError for rules that exclude what they bind. */
export function placementRule({ name, namespace, bindingRules, bindingExcludedRules }: Binding): Structure {
  checkRules(name, bindingRules, bindingExcludedRules);
  const expressions = [
    ...sortedEntries(bindingRules).map(([key, value]) => expression(key, value, 'In', 'Exists')),
    ...sortedEntries(bindingExcludedRules).map(([key, value]) => expression(key, value, 'NotIn', 'DoesNotExist')),
  ];
  return new Map<string, Value>([
    ['apiVersion', `${APPS_GROUP}/v1`],
    ['kind', 'PlacementRule'],
    ['metadata', nameAndNamespace(`${name}-placementrules`, namespace)],
    ['spec', fields([['clusterSelector', fields([['matchExpressions', expressions]])]])],
  ]);
}

/** The PlacementBinding that ties a template's policies to its rule. */
export function placementBinding(name: string, namespace: string, policies: readonly string[]): Structure {
  const subject = (subjectName: string, kind: string, apiGroup: string): Structure =>
    new Map([
      ['name', subjectName],
      ['kind', kind],
      ['apiGroup', apiGroup],
    ]);
  return new Map<string, Value>([
    ['apiVersion', `${POLICY_GROUP}/v1`],
    ['kind', 'PlacementBinding'],
    ['metadata', nameAndNamespace(`${name}-placementbinding`, namespace)],
    ['placementRef', subject(`${name}-placementrules`, 'PlacementRule', APPS_GROUP)],
    ['subjects', policies.map((policy) => subject(policy, 'Policy', POLICY_GROUP))],
  ]);
}

/** Throws PolicyError when namespace and name together are longer than the policy framework takes. */
export function checkNameLength(namespace: string, name: string): void {
  if (Buffer.byteLength(`${namespace}.${name}`) <= MAX_NAME) return;
  throw new PolicyError(
    `Namespace.Name + ResourceName is exceeding the ${MAX_NAME} chars limit: "${namespace}.${name}"`,
  );
}

function checkRules(name: string, bound: Record<string, string>, excluded: Record<string, string>): void {
  for (const [key, value] of sortedEntries(excluded)) {
    const boundValue = bound[key];
    if (boundValue === undefined || (value !== '' && value !== boundValue)) continue;
    throw new PolicyError(
      `Invalid bindingRules and bindingExcludedRules found in PGT ${name}. Cannot add label (${key}:"${boundValue}") in ` +
        `bindingRules but label (${key}:"${value}") in bindingExcludedRules.`,
      ['spec', 'bindingExcludedRules', key],
    );
  }
}

function expression(key: string, value: string, among: string, present: string): Fields {
  const [operator, values] = value === '' ? [present] : [among, value.split(',')];
  return fields([['key', key], ['operator', operator], ...(values === undefined ? [] : [['values', values] as const])]);
}

function nameAndNamespace(name: string, namespace: string): Structure {
  return new Map([
    ['name', name],
    ['namespace', namespace],
  ]);
}

function sortedEntries(rules: Record<string, string>): [string, string][] {
  return Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1));
}
