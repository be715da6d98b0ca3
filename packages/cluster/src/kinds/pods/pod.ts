import { SERVER_USER } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import { defineKind } from '../kind.js';
import { checkPodImages } from './container-validation.js';
import { podColumns } from './pod-columns.js';
import { setPodDefaults } from './pod-defaults.js';
import { podSpec, podStatus } from './pod-schema.js';
import { checkPodSpec, checkPodUpdate } from './pod-validation.js';
import { qosClass } from './qos-class.js';

export type Pod = KubeObject & { spec: PodSpec; status?: PodStatus };

export const pods = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  description: 'Containers that run together on one node.',
  fields: {
    spec: podSpec.describe('What should run.').required(),
    status: podStatus.describe('How it is. Written by the node.'),
  },
  columns: podColumns,
  unservedSubresources: {
    attach: 'the local runtime attaches to no containers; kubectl logs -f shows what they write',
    exec: 'the local runtime runs no further commands in containers; kubectl logs shows what they write',
    portforward:
      'the local runtime forwards no ports; pods listen at addresses of this machine: kubectl get pods -o wide',
  },
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  stored: {
    generation: false,
    returnDeletedObject: true,
    setDefaults: ({ spec }) => spec && setPodDefaults(spec),
    prepareForCreate: (pod) => {
      pod.status = { phase: 'Pending', ...(pod.spec && { qosClass: qosClass(pod.spec) }) };
    },
    validate: ({ spec }) => [...checkPodSpec(spec, 'spec'), ...checkPodImages(spec, 'spec')],
    validateUpdate: ({ spec }, old, { user }) => {
      // The scheduler, which is part of the server, gives a pod to a node once.
      const isBinding = !old.spec.nodeName && user.username === SERVER_USER.username;
      const { nodeName: _node, ...rest } = spec;
      return checkPodUpdate(isBinding ? rest : spec, old.spec);
    },
    gracePeriodSeconds: ({ spec, status }) =>
      // Nothing runs that could end before there is a node, or after it has.
      !spec.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed'
        ? 0
        : (spec.terminationGracePeriodSeconds ?? 30),
  },
});
