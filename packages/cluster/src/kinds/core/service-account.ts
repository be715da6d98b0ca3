import { s } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { ServiceAccount as Fields } from 'kubernetes-types/core/v1.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { localObjectReference, objectReference } from './references.js';

type ServiceAccount = KubeObject & Pick<Fields, 'secrets' | 'imagePullSecrets' | 'automountServiceAccountToken'>;

export const serviceAccounts = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  description: 'Who a pod is.',
  fields: {
    automountServiceAccountToken: s.boolean('Whether pods see a token, when they do not say so themselves.'),
    imagePullSecrets: s.listOf(localObjectReference, 'Secrets to pull images with.').atomic(),
    secrets: s.listOf(objectReference, 'Secrets that its pods may use.').mergeBy('name'),
  },
  columns: [column('Secrets', ({ secrets = [] }) => secrets.length, 'string'), age],
  stored: { returnDeletedObject: true },
});
