import { describe, expect, it } from 'vitest';
import type { Config, ConfigSpec } from '../config/config.js';
import type { Failure } from '../failure.js';
import { registryConditions, type Deployment, type Route } from './registry-conditions.js';

const NOW = new Date('2026-01-01T01:00:00Z');
const config = (managementState: ConfigSpec['managementState'], more: Partial<Config> = {}): Config => ({
  apiVersion: 'v1',
  kind: 'Config',
  metadata: {},
  spec: { replicas: 2, managementState: managementState ?? '' },
  ...more,
});
const since = (type: string, status: 'True' | 'False', minutes: number): Partial<Config> => {
  const lastTransitionTime = new Date(NOW.getTime() - minutes * 60_000).toISOString();
  return {
    status: {
      storage: {},
      storageManaged: false,
      conditions: [{ type, status, reason: '', message: '', lastTransitionTime }],
    },
  };
};

function deployment(available: number, reason = 'NewReplicaSetAvailable', metadata: object = {}): Deployment {
  const condition = { type: 'Progressing', status: 'True' as const, reason, message: 'm', lastTransitionTime: '' };
  const status = { availableReplicas: available, conditions: [condition] };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2 }, status };
}

const refused: Route = {
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { name: 'public-routes' },
  status: {
    ingress: [
      {
        host: 'myregistry.apps.example.com',
        routerName: 'default',
        conditions: [{ type: 'Admitted', status: 'False', message: 'host claimed' }],
      },
    ],
  },
};
const retryable: Failure = { message: 'no' };
const permanent: Failure = { message: 'no', permanent: 'VerificationFailed' };
const unset: Failure = { message: 'storage backend not configured', permanent: 'StorageNotConfigured' };

interface Row {
  what: string;
  config: Config;
  deployment?: Deployment;
  failure?: Failure;
  routes?: Route[];
  expected: [string, string, string, string];
}

const ready = deployment(2);
const managed = config('Managed');
const rows: Row[] = [
  { what: 'ready', config: managed, deployment: ready, expected: ['True Ready', 'False Ready', 'False ', 'False '] },
  {
    what: 'a failure',
    config: managed,
    deployment: ready,
    failure: retryable,
    expected: ['True Ready', 'True Error', 'False ', 'False '],
  },
  {
    what: 'a failure for three minutes',
    config: config('Managed', since('Progressing', 'True', 3)),
    deployment: ready,
    failure: retryable,
    expected: ['True Ready', 'True Error', 'True ApplyFailed', 'False '],
  },
  {
    what: 'a permanent failure',
    config: managed,
    deployment: ready,
    failure: permanent,
    expected: ['True Ready', 'False Error', 'True VerificationFailed', 'False '],
  },
  {
    what: 'no storage',
    config: managed,
    failure: unset,
    expected: ['False StorageNotConfigured', 'False Error', 'True StorageNotConfigured', 'False '],
  },
  {
    what: 'applied',
    config: managed,
    expected: ['False DeploymentNotFound', 'True WaitingForDeployment', 'False ', 'False '],
  },
  {
    what: 'removing',
    config: config('Removed'),
    deployment: deployment(2, '', { deletionTimestamp: 'now' }),
    expected: ['False DeploymentDeleted', 'True DeletingDeployment', 'False Removed', 'True Removed'],
  },
  {
    what: 'removed',
    config: config('Removed'),
    expected: ['True Removed', 'False Removed', 'False Removed', 'True Removed'],
  },
  {
    what: 'a failed removal',
    config: config('Removed'),
    failure: retryable,
    expected: ['True Removed', 'False Removed', 'True RemovalFailed', 'True Removed'],
  },
  {
    what: 'unmanaged',
    config: config('Unmanaged'),
    expected: ['True Unmanaged', 'False Unmanaged', 'False Unmanaged', 'False '],
  },
  {
    what: 'Force',
    config: config('Force'),
    deployment: ready,
    expected: ['True Ready', 'False Ready', 'False ', 'False '],
  },
  {
    what: 'a rollout',
    config: managed,
    deployment: deployment(1, 'ReplicaSetUpdated'),
    expected: ['True MinimumAvailability', 'True DeploymentNotCompleted', 'False ', 'False '],
  },
  {
    what: 'no pods for six minutes',
    config: config('Managed', since('Available', 'False', 6)),
    deployment: deployment(0),
    expected: ['False NoReplicasAvailable', 'False Ready', 'True Unavailable', 'False '],
  },
  {
    what: 'no pods for four minutes',
    config: config('Managed', since('Available', 'False', 4)),
    deployment: deployment(0),
    expected: ['False NoReplicasAvailable', 'False Ready', 'False ', 'False '],
  },
  {
    what: 'a deadline',
    config: managed,
    deployment: deployment(1, 'ProgressDeadlineExceeded'),
    expected: ['True MinimumAvailability', 'True DeploymentNotCompleted', 'True ProgressDeadlineExceeded', 'False '],
  },
  {
    what: 'a refused route',
    config: managed,
    deployment: ready,
    routes: [refused],
    expected: ['True Ready', 'False Ready', 'True RouteDegraded', 'False '],
  },
  {
    what: 'zero replicas',
    config: { ...managed, spec: { replicas: 0, managementState: 'Managed' } },
    deployment: { ...ready, spec: { replicas: 0 }, status: { conditions: ready.status?.conditions ?? [] } },
    expected: ['True ScaledToZero', 'False Ready', 'False ', 'False '],
  },
];

describe('registryConditions (operator.md 9.6)', () => {
  it.each(rows)('$what', ({ config, deployment, failure, routes = [], expected }) => {
    const conditions = registryConditions({ config, deployment, failure, routes, now: NOW });
    expect(conditions.map(({ type }) => type)).toEqual(['Available', 'Progressing', 'Degraded', 'Removed']);
    expect(conditions.map(({ status, reason }) => `${status} ${reason}`)).toEqual(expected);
  });

  it('tells which route was refused, where and why', () => {
    const conditions = registryConditions({ config: managed, deployment: ready, routes: [refused], now: NOW });
    expect(conditions[2]?.message).toBe(
      'route public-routes (host myregistry.apps.example.com, router default) not admitted: host claimed',
    );
  });
});
