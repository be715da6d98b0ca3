import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { mendedSecret, pullSecret, pullSecretName, withoutPullSecret, withPullSecret } from './pull-secret.js';

function account(more: object = {}, uid = 'uid-1', name = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop', uid }, ...more };
}

describe('the name of a pull secret', () => {
  it('tells which service account it is of, and is another for the next of that name', () => {
    expect(pullSecretName(account())).toMatch(/^default-dockercfg-[0-9a-f]{8}$/);
    expect(pullSecretName(account())).toBe(pullSecretName(account()));
    expect(pullSecretName(account())).not.toBe(pullSecretName(account({}, 'uid-2')));
  });

  it('is never too long', () => {
    expect(pullSecretName(account({}, 'u', 'a'.repeat(253)))).toHaveLength(253);
  });
});

describe('a pull secret', () => {
  it('holds the token for each host', () => {
    const { data, type, metadata } = pullSecret(account(), ['a:5000', 'b'], 'jwt');
    const auth = Buffer.from('<token>:jwt').toString('base64');
    expect(JSON.parse(Buffer.from(data?.['.dockercfg'] ?? '', 'base64').toString())).toEqual({
      'a:5000': { auth },
      b: { auth },
    });
    expect(type).toBe('kubernetes.io/dockercfg');
    expect(metadata).toMatchObject({
      annotations: {
        'openshift.io/internal-registry-auth-token.service-account': 'default',
        'openshift.io/internal-registry-auth-token.binding': 'bound',
      },
      ownerReferences: [{ kind: 'ServiceAccount', name: 'default', uid: 'uid-1' }],
    });
  });

  it('is mended only when it has to be, and keeps what others wrote', () => {
    const wanted = pullSecret(account(), ['a'], 'jwt');
    const known = { ...wanted, metadata: { ...wanted.metadata, labels: { a: 'b' }, uid: 'u', resourceVersion: '5' } };
    expect(mendedSecret(known, wanted)).toBeUndefined();
    expect(mendedSecret({ ...known, data: {} }, wanted)).toEqual(known);
    expect(mendedSecret({ ...known, metadata: { ...known.metadata, annotations: {} } }, wanted)).toEqual(known);
  });
});

describe('a service account', () => {
  const other = { name: 'other' };
  it('has its pull secret beside others, once', () => {
    const before = account({ imagePullSecrets: [other] });
    const after = withPullSecret(before, 'own');
    expect(after).toMatchObject({ secrets: [{ name: 'own' }], imagePullSecrets: [other, { name: 'own' }] });
    expect(after?.metadata.annotations).toEqual({ 'openshift.io/internal-registry-pull-secret-ref': 'own' });
    expect(after && withPullSecret(after, 'own')).toBeUndefined();
  });

  it('loses it, and nothing else', () => {
    const before = account({ secrets: [other], imagePullSecrets: [other] });
    const between = withPullSecret(before, 'own') ?? before;
    const after = withoutPullSecret(between, 'own');
    expect(after).toMatchObject({ secrets: [other], imagePullSecrets: [other], metadata: { annotations: {} } });
    expect(withoutPullSecret(before, 'own')).toBeUndefined();
  });
});
