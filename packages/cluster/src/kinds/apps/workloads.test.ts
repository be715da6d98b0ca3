import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

type Spec = Record<string, Record<string, unknown>>;

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'app:1' }] },
};
const selector = { matchLabels: { app: 'a' } };
const workload = (kind: string, spec: object = {}) => ({ kind, spec: { selector, template, ...spec } });

const podDefaults = {
  containers: [
    {
      name: 'c',
      image: 'app:1',
      imagePullPolicy: 'IfNotPresent',
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
  ],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
};

it('leaves the image of a template to the triggers of an image stream', async () => {
  const spec = { containers: [{ name: 'c', image: ' ' }] };
  expect(await kinds.problems(workload('Deployment', { template: { ...template, spec } }))).toEqual([]);
});

describe('defaults', () => {
  it.each<[string, object, object]>([
    [
      'Deployment',
      {
        progressDeadlineSeconds: 600,
        replicas: 1,
        revisionHistoryLimit: 10,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      },
      {},
    ],
    ['ReplicaSet', { replicas: 1 }, { status: { replicas: 0 } }],
    [
      'DaemonSet',
      {
        revisionHistoryLimit: 10,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      },
      { status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 } },
    ],
    [
      'StatefulSet',
      {
        replicas: 1,
        revisionHistoryLimit: 10,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      },
      { status: { replicas: 0, availableReplicas: 0 } },
    ],
  ])('of a %s', async (kind, expected, more) => {
    const { apiVersion: _version, metadata, ...object } = await kinds.create(workload(kind));
    expect(object).toEqual({
      kind,
      spec: { selector, template: { ...template, spec: podDefaults }, ...expected },
      ...more,
    });
    expect(metadata.generation).toBe(1);
  });

  it('leave a strategy without rolling updates as it is', async () => {
    const { spec } = await kinds.create<KubeObject & { spec: Spec }>(
      workload('Deployment', { strategy: { type: 'Recreate' } }),
    );
    expect(spec.strategy).toEqual({ type: 'Recreate' });
  });

  it('count a change of the template as a generation, and none of the status', async () => {
    const created = await kinds.create<KubeObject & { spec: Spec }>(workload('Deployment'));
    const scaled = await kinds.update({ ...created, spec: { ...created.spec, replicas: 3 } });
    expect(scaled.metadata.generation).toBe(2);
    const told = await kinds.updateStatus({ ...scaled, status: { replicas: 1 } });
    expect(told.metadata.generation).toBe(2);
  });
});

describe('problems', () => {
  const mismatch =
    'spec.template.metadata.labels: Invalid value: map[string]string{"app":"a"}: `selector` does not match template `labels`';
  it.each<[string, object, string[]]>([
    ['Deployment', { selector: undefined }, ['spec.selector: Required value', mismatch]],
    ['Deployment', { selector: { matchLabels: { app: 'b' } } }, [mismatch]],
    [
      'Deployment',
      { selector: {} },
      [
        'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for deployment',
      ],
    ],
    ['DaemonSet', { selector: { matchLabels: { app: 'b' } } }, [mismatch]],
    ['Deployment', { replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    [
      'Deployment',
      { strategy: { type: 'Other' } },
      ['spec.strategy.type: Unsupported value: "Other": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'Deployment',
      { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'Deployment',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'Deployment',
      { strategy: { rollingUpdate: { maxUnavailable: -1 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'Deployment',
      { strategy: { rollingUpdate: { maxUnavailable: 'some' } } },
      [
        "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"some\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      'Deployment',
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
    ],
    [
      'Deployment',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'Deployment',
      { template: { ...template, spec: { containers: [] } } },
      ['spec.template.spec.containers: Required value'],
    ],
    [
      'DaemonSet',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
    [
      'StatefulSet',
      { podManagementPolicy: 'X' },
      ['spec.podManagementPolicy: Unsupported value: "X": supported values: "OrderedReady", "Parallel"'],
    ],
  ])('%s %j', async (kind, spec, expected) => {
    expect(await kinds.problems(workload(kind, spec))).toEqual(expected);
  });

  it.each([['Deployment'], ['ReplicaSet'], ['DaemonSet']])('the selector of a %s never changes', async (kind) => {
    const problems = await kinds.changeProblems(workload(kind), ({ spec }: { spec: Spec }) => {
      spec.selector = { matchLabels: { app: 'b' } };
      spec.template = { ...spec.template, metadata: { labels: { app: 'b' } } };
    });
    expect(problems).toEqual([
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"b"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    ]);
  });

  it('little of a stateful set may change', async () => {
    const problems = await kinds.changeProblems(workload('StatefulSet'), (set: { spec: Record<string, unknown> }) => {
      set.spec.serviceName = 'other';
    });
    expect(problems).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });
});
