import { forbiddenField, invalidValue, s } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';
import type { DeploymentSpec, DeploymentStatus } from 'kubernetes-types/apps/v1.js';
import { checkNonNegativeIntOrPercent, percentOf } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';
import { podTemplateSpec } from '../pods/pod-schema.js';
import {
  APPS,
  checkSelectorKept,
  checkWorkload,
  conditions,
  containerColumns,
  REPLICAS_SCALE,
  setTemplateDefaults,
  type Workload,
} from './workload.js';

type Deployment = Workload<DeploymentSpec, DeploymentStatus>;

function setDefaults(deployment: Deployment): void {
  setTemplateDefaults(deployment);
  const { spec } = deployment;
  if (!spec) return;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
}

function validate({ spec }: Deployment): StatusCause[] {
  const causes = [...checkWorkload(spec, 'deployment'), ...checkStrategy(spec)];
  const { progressDeadlineSeconds: deadline = 600, minReadySeconds = 0 } = spec;
  if (deadline <= minReadySeconds) {
    causes.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return causes;
}

function checkStrategy({ strategy = {} }: DeploymentSpec): StatusCause[] {
  const path = 'spec.strategy.rollingUpdate';
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    return rollingUpdate ? [forbiddenField(path, "may not be specified when strategy `type` is 'Recreate'")] : [];
  }
  if (type !== 'RollingUpdate') return [];
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const causes = [
    ...checkNonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...checkNonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  const isZero = (value: unknown) => value === 0 || (typeof value === 'string' && /^0{1,9}%$/.test(value));
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    causes.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (percentOf(maxUnavailable) > 100) {
    causes.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return causes;
}

export const deployments = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  description: 'Pods that are all alike, and replaced step by step when their template changes.',
  fields: {
    spec: s
      .shared(`${APPS}.DeploymentSpec`, 'What should run.', {
        minReadySeconds: s.int32('Seconds that a new pod must be ready to count.').atLeast(0),
        paused: s.boolean('Whether changes of the template wait.'),
        progressDeadlineSeconds: s.int32('Seconds without progress after which it has failed.').default(600).atLeast(0),
        replicas: s.int32('How many pods.').default(1).atLeast(0),
        revisionHistoryLimit: s.int32('How many old replica sets are kept.').default(10).atLeast(0),
        selector: labelSelector.describe('Which pods are its own; must match the template.'),
        strategy: s
          .shared(`${APPS}.DeploymentStrategy`, 'How pods are replaced.', {
            rollingUpdate: s.shared(`${APPS}.RollingUpdateDeployment`, 'How many at a time.', {
              maxSurge: s.intOrString('How many may be too many; default 25%.'),
              maxUnavailable: s.intOrString('How many may be missing; default 25%.'),
            }),
            type: s.string('RollingUpdate (default) or Recreate.').values('Recreate', 'RollingUpdate'),
          })
          .retainKeys(),
        template: podTemplateSpec.describe('What the pods are made from.'),
      })
      .describe('What should run.')
      .required(),
    status: s.shared(`${APPS}.DeploymentStatus`, 'How it is.', {
      availableReplicas: s.int32('Pods that have been ready long enough.'),
      collisionCount: s.int32('How often a name was taken.'),
      conditions: conditions('Deployment', { lastUpdateTime: s.time('When it was told last.') }),
      observedGeneration: s.int64('The generation that was seen.'),
      readyReplicas: s.int32('Pods that are ready.'),
      replicas: s.int32('Pods.'),
      unavailableReplicas: s.int32('Pods that are missing.'),
      updatedReplicas: s.int32('Pods of the present template.'),
    }),
  },
  columns: [
    column('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    column('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0, 'string'),
    column('Available', ({ status }) => status?.availableReplicas ?? 0, 'string'),
    age,
    ...containerColumns<Deployment>(),
  ],
  scale: REPLICAS_SCALE,
  stored: {
    setDefaults,
    validate,
    validateUpdate: ({ spec }, old) => checkSelectorKept(spec, old.spec),
  },
});
