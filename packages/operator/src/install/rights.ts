import type { ResourceType } from '@longshore/kube';
import {
  CERTIFICATES,
  CLUSTER,
  DEFAULT_CLAIM,
  HTTP_SECRET,
  LEASE,
  LEASES,
  MANAGED_CA,
  MANAGED_NAMESPACE,
  NAMESPACE,
  PRIVATE_CONFIGURATION,
  PRUNER,
  PRUNER_BINDING,
  PRUNER_ROLE,
  PULL_SECRETS,
  REGISTRY,
  REGISTRY_BINDING,
  REGISTRY_ROLE,
  RESOURCES,
  OPERATOR_SERVICE,
  SERVICE_CA,
  TLS_SECRET,
  TRUSTED_CA,
} from '../names.js';
import { ALERTS } from '../monitoring/monitoring-objects.js';
import { NODE_CA, SECURITY_CONTEXT_CONSTRAINTS } from '../operands/node-ca.js';
import { REGISTRY_RULES, rule, type Rule } from '../operands/rbac.js';
import { PRUNER_RULES } from '../pruner/pruner-objects.js';
import { WATCHED_OBJECTS } from '../run/watched.js';

/** Rights in the whole cluster, or in one namespace. */
export interface Rights {
  namespace?: string;
  rules: Rule[];
}

/** What the operator writes, and reads again when others were faster. */
interface Written {
  type: ResourceType;
  namespace?: string;
  verbs: ('create' | 'get' | 'update' | 'patch' | 'delete')[];
  /** The only ones. The names of what is created cannot be restricted: the API server does not know them before. */
  names?: string[];
  hasStatus?: true;
}

const MAKE: Written['verbs'] = ['create', 'get', 'update'];
const MAKE_AND_DELETE: Written['verbs'] = [...MAKE, 'delete'];

const OWN_NAMESPACE: Written[] = [
  { type: LEASES, verbs: MAKE, names: [LEASE] },
  { type: RESOURCES.configMaps, verbs: MAKE, names: [CERTIFICATES, SERVICE_CA] },
  // What OpenShift puts into it stays.
  { type: RESOURCES.configMaps, verbs: ['create', 'get'], names: [TRUSTED_CA] },
  { type: RESOURCES.secrets, verbs: MAKE_AND_DELETE, names: [PRIVATE_CONFIGURATION, HTTP_SECRET, PULL_SECRETS] },
  { type: RESOURCES.secrets, verbs: ['create', 'update'], names: [TLS_SECRET] },
  { type: RESOURCES.services, verbs: MAKE_AND_DELETE, names: [REGISTRY] },
  { type: RESOURCES.serviceAccounts, verbs: MAKE_AND_DELETE, names: ['registry'] },
  { type: RESOURCES.serviceAccounts, verbs: MAKE, names: ['pruner', NODE_CA] },
  { type: RESOURCES.claims, verbs: ['create', 'get', 'delete'], names: [DEFAULT_CLAIM] },
  { type: RESOURCES.deployments, verbs: MAKE_AND_DELETE, names: [REGISTRY] },
  { type: RESOURCES.daemonSets, verbs: MAKE, names: [NODE_CA] },
  { type: RESOURCES.cronJobs, verbs: MAKE, names: [PRUNER] },
  { type: RESOURCES.disruptionBudgets, verbs: MAKE_AND_DELETE, names: [REGISTRY] },
  { type: RESOURCES.networkPolicies, verbs: MAKE_AND_DELETE, names: [`${REGISTRY}-networkpolicy`] },
  { type: RESOURCES.networkPolicies, verbs: MAKE, names: [`${PRUNER}-networkpolicy`] },
  { type: RESOURCES.roleBindings, verbs: MAKE, names: [NODE_CA] },
  // Users choose the names.
  { type: RESOURCES.ingresses, verbs: MAKE_AND_DELETE },
  { type: RESOURCES.routes, verbs: MAKE_AND_DELETE },
  { type: RESOURCES.serviceMonitors, verbs: MAKE, names: [REGISTRY, OPERATOR_SERVICE] },
  { type: RESOURCES.prometheusRules, verbs: MAKE, names: [ALERTS] },
];

const WRITTEN: readonly Written[] = [
  { type: RESOURCES.configs, verbs: ['create', 'get', 'patch'], names: [CLUSTER], hasStatus: true },
  { type: RESOURCES.imagePruners, verbs: ['create', 'get'], names: [CLUSTER], hasStatus: true },
  { type: RESOURCES.clusterRoles, verbs: MAKE_AND_DELETE, names: [REGISTRY_ROLE] },
  { type: RESOURCES.clusterRoles, verbs: MAKE, names: [PRUNER_ROLE] },
  { type: RESOURCES.clusterRoleBindings, verbs: MAKE_AND_DELETE, names: [REGISTRY_BINDING] },
  { type: RESOURCES.clusterRoleBindings, verbs: MAKE, names: [PRUNER_BINDING] },
  { type: RESOURCES.imageConfigs, verbs: ['create', 'get'], names: [CLUSTER], hasStatus: true },
  { type: RESOURCES.clusterOperators, verbs: ['create', 'get'], names: [REGISTRY], hasStatus: true },
  ...OWN_NAMESPACE.map((one) => ({ ...one, namespace: NAMESPACE })),
  { type: RESOURCES.configMaps, namespace: MANAGED_NAMESPACE, verbs: MAKE, names: [MANAGED_CA] },
];

/** Everything that the operator does in a cluster, and nothing more: in the cluster, then namespace by namespace. */
export function operatorRights(): Rights[] {
  const rules = new Map<string, Rule[]>();
  const add = (namespace = '', one: Rule) => rules.set(namespace, [...(rules.get(namespace) ?? []), one]);
  for (const { type, namespace, fieldSelector } of WATCHED_OBJECTS) {
    const name = fieldSelector?.replace('metadata.name=', '');
    add(namespace, ruleFor(type, ['list', 'watch'], name === undefined ? undefined : [name]));
  }
  // Its metrics count the tags in them.
  add(undefined, ruleFor(RESOURCES.imageStreams, ['list']));
  for (const { type, namespace, verbs, names, hasStatus } of WRITTEN) {
    if (names === undefined) add(namespace, ruleFor(type, verbs));
    else {
      if (verbs.includes('create')) add(namespace, ruleFor(type, ['create']));
      const others = verbs.filter((verb) => verb !== 'create');
      add(namespace, ruleFor(type, others, names));
    }
    if (hasStatus) add(namespace, rule(type.group, [`${type.resource}/status`], ['update'], names));
  }
  return [...rules].map(([namespace, some]) => ({
    ...(namespace !== '' && { namespace }),
    rules: merged(some),
  }));
}

/**
 * What the operator never does itself, but must be allowed in order to allow it to others: nobody may give rights that he does
 * not have (Kubernetes, "Privilege escalation prevention"). On OpenShift also hosts of routes, and pods of the nodes.
 */
export const PASSED_ON_RULES: readonly Rule[] = [
  ...REGISTRY_RULES,
  ...PRUNER_RULES,
  rule(RESOURCES.routes.group, ['routes/custom-host'], ['create', 'update']),
  rule(SECURITY_CONTEXT_CONSTRAINTS.group, [SECURITY_CONTEXT_CONSTRAINTS.resource], ['use'], ['privileged']),
];

const ruleFor = (type: ResourceType, verbs: string[], names?: string[]) =>
  rule(type.group, [type.resource], verbs, names);

/** As few rules as say the same: first names of the same resources are put together, then resources of the same names. */
function merged(rules: readonly Rule[]): Rule[] {
  const byResource = mergedBy(
    rules,
    ({ apiGroups, verbs, resources, resourceNames }) => [apiGroups, verbs, resources, resourceNames === undefined],
    ({ resourceNames: some, ...one }, { resourceNames: more }) =>
      some === undefined ? one : { ...one, resourceNames: union(some, more ?? []) },
  );
  return mergedBy(
    byResource,
    ({ apiGroups, verbs, resourceNames }) => [apiGroups, verbs, resourceNames ?? []],
    (one, { resources }) => ({ ...one, resources: union(one.resources, resources) }),
  );
}

function mergedBy(
  rules: readonly Rule[],
  key: (rule: Rule) => unknown,
  merge: (one: Rule, other: Rule) => Rule,
): Rule[] {
  const byKey = new Map<string, Rule>();
  for (const one of rules) {
    const before = byKey.get(JSON.stringify(key(one)));
    byKey.set(JSON.stringify(key(one)), before === undefined ? one : merge(before, one));
  }
  return [...byKey.values()];
}

const union = (some: readonly string[], more: readonly string[]): string[] => [...new Set([...some, ...more])];
