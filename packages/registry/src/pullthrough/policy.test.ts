import { ApiError, type KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { PullPolicies } from './policy.js';

const object = (name: string, spec: object, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name },
  spec,
  ...more,
});

/** An API whose answers a test changes. `failing` names resources that cannot be read. */
class ScriptedApi {
  reads = 0;
  failing = new Map<string, Error>();
  config = object(
    'cluster',
    {
      additionalTrustedCA: { name: 'authorities' },
      allowedRegistriesForImport: [{ domainName: 'import.corp' }],
      externalRegistryHostnames: ['Registry.Apps.Corp'],
      registrySources: { insecureRegistries: ['insecure.corp:5000'], blockedRegistries: ['bad.corp'] },
    },
    { status: { internalRegistryHostname: 'registry.svc:5000' } },
  );
  authorities = object('authorities', {}, { data: { 'quay.corp..8443': 'PEM' } });
  lists: Record<string, KubeObject[]> = {
    imagedigestmirrorsets: [object('d', { imageDigestMirrors: [{ source: 'a.corp', mirrors: ['m1.corp/x'] }] })],
    imagetagmirrorsets: [object('t', { imageTagMirrors: [{ source: 'a.corp', mirrors: ['m2.corp'] }] })],
    imagecontentsourcepolicies: [
      object('o', { repositoryDigestMirrors: [{ source: 'b.corp', mirrors: ['m3.corp'] }] }),
    ],
  };

  readonly client = {
    get: async (type: { resource: string }, name: string) => {
      this.answer(type.resource);
      return (name === 'cluster' ? this.config : this.authorities) as never;
    },
    listAll: async (type: { resource: string }) => {
      this.answer(type.resource);
      return { items: this.lists[type.resource] ?? [] } as never;
    },
  };

  private answer(resource: string): void {
    this.reads++;
    const failure = this.failing.get(resource);
    if (failure) throw failure;
  }
}

const notFound = new ApiError('NotFound', 'no such kind');

function scripted() {
  const api = new ScriptedApi();
  const warnings: unknown[] = [];
  let time = 0;
  const log = { warn: (fields: object) => void warnings.push(fields) };
  const policies = new PullPolicies(api.client, ['own.corp'], log, () => time);
  return { api, warnings, policies, pass: (ms: number) => void (time += ms) };
}

describe('the policy for other registries', () => {
  it('is made of the image configuration and all mirror sets', async () => {
    const { policies } = scripted();
    const policy = await policies.get();
    expect(policy.sources).toEqual({
      digestMirrors: [
        { source: 'a.corp', mirrors: ['m1.corp/x'], neverContactSource: false },
        { source: 'b.corp', mirrors: ['m3.corp'], neverContactSource: false },
      ],
      tagMirrors: [{ source: 'a.corp', mirrors: ['m2.corp'], neverContactSource: false }],
      blocked: ['bad.corp'],
      insecure: ['insecure.corp:5000'],
    });
    expect(policy.places).toEqual(['insecure.corp:5000', 'import.corp', 'm1.corp/x', 'm3.corp', 'm2.corp']);
    expect(policy.ownHosts).toEqual(new Set(['own.corp', 'registry.svc:5000', 'registry.apps.corp']));
    expect(policy.trust('quay.corp:8443')).toEqual(['PEM']);
    expect(policy.trust('quay.corp')).toEqual([]);
  });

  it('is read once for all who ask at a time, and again after a while', async () => {
    const { api, policies, pass } = scripted();
    await Promise.all([policies.get(), policies.get()]);
    await policies.get();
    expect(api.reads).toBe(5);
    pass(15_000);
    await policies.get();
    expect(api.reads).toBe(10);
  });

  it.each(['images', 'imagedigestmirrorsets', 'imagetagmirrorsets', 'imagecontentsourcepolicies', 'configmaps'])(
    'keeps what it knew of %s while that cannot be read, and reads the rest',
    async (resource) => {
      const { api, policies, pass, warnings } = scripted();
      const before = await policies.get();
      api.failing.set(resource, new Error('down'));
      pass(15_000);
      const after = await policies.get();
      expect(after).not.toBe(before);
      expect({ ...after, trust: after.trust('quay.corp:8443') }).toEqual({
        ...before,
        trust: before.trust('quay.corp:8443'),
      });
      expect(warnings).toHaveLength(1);
    },
  );

  it.each(['images', 'imagedigestmirrorsets', 'imagetagmirrorsets', 'imagecontentsourcepolicies'])(
    'is none until %s has been read once, even if only to find that there is none',
    async (resource) => {
      const { api, policies } = scripted();
      api.failing.set(resource, new ApiError('Forbidden', 'no right'));
      const what = resource === 'images' ? 'the image configuration' : resource;
      for (let times = 0; times < 2; times++) {
        await expect(policies.get()).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          detail: { cause: expect.stringMatching(`^${what} could not be read`) as string },
        });
      }
      api.failing.set(resource, notFound);
      expect((await policies.get()).ownHosts).toContain('own.corp');
    },
  );

  it('does not wait for authorities: without them nothing is trusted', async () => {
    const { api, policies } = scripted();
    api.failing.set('configmaps', new Error('down'));
    expect((await policies.get()).trust('quay.corp:8443')).toEqual([]);
  });

  it('is empty where objects say nothing', async () => {
    const { api, policies } = scripted();
    const bare = { apiVersion: 'v1', kind: 'X', metadata: { name: 'bare' } };
    api.config = bare;
    api.lists = Object.fromEntries(Object.keys(api.lists).map((resource) => [resource, [bare]]));
    expect((await policies.get()).sources).toEqual({ digestMirrors: [], tagMirrors: [], blocked: [], insecure: [] });
  });

  it('is empty in a cluster without these kinds, which is no reason to warn', async () => {
    const { api, policies, warnings } = scripted();
    for (const resource of ['images', ...Object.keys(api.lists)]) api.failing.set(resource, notFound);
    expect((await policies.get()).sources).toEqual({ digestMirrors: [], tagMirrors: [], blocked: [], insecure: [] });
    expect(warnings).toEqual([]);
  });
});
