import type { AdmissionRequest, ObjectAccess, ResourceDefinition } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { clusterAdmission } from './index.js';

const admission = clusterAdmission({});

const object = (kind: string, name: string, metadata: object = {}, spec?: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...metadata },
  ...(spec && { spec }),
});

const known: Record<string, KubeObject> = {
  'namespaces//shop': object('Namespace', 'shop'),
  'namespaces//ending': object('Namespace', 'ending', { deletionTimestamp: '2030-01-01T00:00:00Z' }),
  'serviceaccounts/shop/puller': {
    ...object('ServiceAccount', 'puller'),
    imagePullSecrets: [{ name: 'a' }, { name: 'b' }],
  },
  'serviceaccounts/shop/default': object('ServiceAccount', 'default'),
};
const objects = {
  get: (resource: string, namespace: string, name: string) =>
    Promise.resolve(known[`${resource}/${namespace}/${name}`]),
} as Partial<ObjectAccess> as ObjectAccess;

function definition(plural: string, scope: 'Namespaced' | 'Cluster', review = false): ResourceDefinition {
  const backend = review ? ({ type: 'virtual', review: true } as const) : ({ type: 'stored' } as const);
  return { group: '', version: 'v1', plural, singular: '', kind: '', scope, schema: {}, backend };
}

function request(given: Partial<AdmissionRequest>): AdmissionRequest {
  return {
    operation: 'CREATE',
    definition: definition('configmaps', 'Namespaced'),
    subresource: '',
    namespace: 'shop',
    name: 'a',
    user: { username: 'u', groups: [] },
    dryRun: false,
    now: new Date(0),
    signal: new AbortController().signal,
    objects,
    warn: () => {},
    ...given,
  };
}

const refusal = async (given: Partial<AdmissionRequest>) => {
  const asked = request(given);
  try {
    await admission.mutate?.(asked);
    await admission.validate?.(asked);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('namespaces', () => {
  const namespaces = definition('namespaces', 'Cluster');
  it.each<[string, Partial<AdmissionRequest>, string | undefined]>([
    ['a creation in a namespace', {}, undefined],
    ['a creation in none', { namespace: 'none' }, 'namespaces "none" not found'],
    [
      'a creation in one that ends',
      { namespace: 'ending' },
      'configmaps "a" is forbidden: unable to create new content in namespace ending because it is being terminated',
    ],
    ['an update in one that ends', { operation: 'UPDATE', namespace: 'ending' }, undefined],
    ['a review in none', { namespace: 'none', definition: definition('localreviews', 'Namespaced', true) }, undefined],
    [
      'the end of default',
      { operation: 'DELETE', definition: namespaces, namespace: '', name: 'default' },
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
    ['the end of another', { operation: 'DELETE', definition: namespaces, namespace: '', name: 'shop' }, undefined],
  ])('%s', async (_name, given, message) => {
    expect(await refusal(given)).toBe(message);
  });
});

describe('pods', () => {
  const pods = definition('pods', 'Namespaced');

  it('run as default', async () => {
    const pod = object('Pod', 'p', {}, {});
    expect(await refusal({ definition: pods, object: pod })).toBeUndefined();
    expect(pod.spec).toEqual({ serviceAccountName: 'default', serviceAccount: 'default' });
  });

  it('pull with the secrets of their service account, unless they name their own', async () => {
    const pull = async (spec: object) => {
      const pod = object('Pod', 'p', {}, { serviceAccountName: 'puller', ...spec });
      expect(await refusal({ definition: pods, object: pod })).toBeUndefined();
      return (pod.spec as { imagePullSecrets?: object[] }).imagePullSecrets;
    };
    expect(await pull({})).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(await pull({ imagePullSecrets: [{ name: 'own' }] })).toEqual([{ name: 'own' }]);
    expect(await pull({ serviceAccountName: 'default' })).toBeUndefined();
  });

  it('run as nobody who is not there', async () => {
    const pod = object('Pod', 'p', {}, { serviceAccountName: 'ghost' });
    expect(await refusal({ definition: pods, object: pod, name: 'p' })).toBe(
      'pods "p" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found',
    );
  });
});
