import { RBAC_GROUP, rolesToAggregate, type ClusterRole } from '../rbac/index.js';
import type { Controller } from '@longshore/apiserver';

const CLUSTER_ROLES = `clusterroles.${RBAC_GROUP}`;

/** Fills cluster roles that have an aggregation rule. One key stands for all: each role may be part of any other. */
export function roleAggregationController(): Controller {
  return {
    name: 'role-aggregation',
    follows: { [CLUSTER_ROLES]: () => ['all'] },
    async reconcile(_key, objects) {
      const { items } = await objects.list<ClusterRole>(CLUSTER_ROLES);
      for (const role of rolesToAggregate(items)) await objects.update(CLUSTER_ROLES, role);
    },
  };
}
