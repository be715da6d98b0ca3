import type { ResourceDefinition } from '@longshore/apiserver';
import { controllerRevisions } from './apps/controller-revision.js';
import { daemonSets } from './apps/daemon-set.js';
import { deployments } from './apps/deployment.js';
import { replicaSets } from './apps/replica-set.js';
import { statefulSets } from './apps/stateful-set.js';
import { cronJobs } from './batch/cron-job.js';
import { jobs } from './batch/job.js';
import { leases } from './coordination.js';
import { configMaps } from './core/config-map.js';
import { endpoints } from './core/endpoints.js';
import { events } from './core/event.js';
import { limitRanges } from './core/limit-range.js';
import { namespaces } from './core/namespace.js';
import { nodes } from './core/node.js';
import { persistentVolumeClaims } from './core/persistent-volume-claim.js';
import { persistentVolumes } from './core/persistent-volume.js';
import { resourceQuotas } from './core/resource-quota.js';
import { secrets } from './core/secret.js';
import { serviceAccounts } from './core/service-account.js';
import { services } from './core/service.js';
import { endpointSlices } from './discovery.js';
import type { KindHooks } from './hooks.js';
import { ingressClasses, ingresses } from './networking/ingress.js';
import { networkPolicies } from './networking/network-policy.js';
import { configKinds } from './openshift/config-kinds.js';
import { imageContentSourcePolicies } from './openshift/mirror-sets.js';
import { monitoringKinds } from './openshift/monitoring-kinds.js';
import { routes } from './openshift/route.js';
import { pods } from './pods/pod.js';
import { podDisruptionBudgets } from './policy.js';
import { priorityClasses } from './scheduling.js';
import { storageClasses } from './storage.js';

export type { KindHooks } from './hooks.js';

/** The kinds that a cluster has from its first minute, beside those of access and identity. */
export function builtinKinds(hooks: KindHooks = {}): ResourceDefinition[] {
  return [
    ...[namespaces, configMaps, secrets, serviceAccounts, events, nodes, pods, services(hooks), endpoints],
    ...[persistentVolumes, persistentVolumeClaims, limitRanges, resourceQuotas],
    ...[deployments, replicaSets, daemonSets, statefulSets, controllerRevisions, jobs, cronJobs],
    ...[podDisruptionBudgets, networkPolicies, ingresses, ingressClasses, endpointSlices],
    ...[storageClasses, priorityClasses, leases],
    routes(hooks),
    ...configKinds,
    imageContentSourcePolicies,
    ...monitoringKinds,
  ];
}
