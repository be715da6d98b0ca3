import { describe, expect, it } from 'vitest';
import { DockerConfigError } from './docker-config.js';
import { dockerSecretEntries, isDockerSecret } from './docker-secret.js';

const auths = { 'quay.io': { auth: Buffer.from('ann:pass').toString('base64') } };
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');

describe('a secret with credentials', () => {
  it.each([
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': base64({ auths }) }],
    ['kubernetes.io/dockercfg', { '.dockercfg': base64(auths) }],
  ])('is one of type %s', (type, data) => {
    expect(isDockerSecret({ type })).toBe(true);
    expect(dockerSecretEntries({ type, data })).toEqual([
      { host: 'quay.io', path: '', credential: { username: 'ann', password: 'pass' } },
    ]);
  });

  it.each([undefined, 'Opaque', 'constructor'])('is none of type %s', (type) => {
    const secret = { ...(type !== undefined && { type }), data: { '.dockercfg': base64(auths) } };
    expect([isDockerSecret(secret), dockerSecretEntries(secret)]).toEqual([false, []]);
  });

  it('may be spoiled', () => {
    expect(() => dockerSecretEntries({ type: 'kubernetes.io/dockercfg' })).toThrow(DockerConfigError);
  });
});
