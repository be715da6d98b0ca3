import { ApiError, type KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import type { ClusterObjects } from '../api/parts.js';
import { readImportSettings } from './import-settings.js';

const CONFIG = 'images.config.openshift.io';

/** Kinds that are not given are not served. */
function cluster(kinds: Record<string, object[]>): ClusterObjects {
  const of = (resource: string) => {
    const objects = kinds[resource];
    return objects === undefined
      ? Promise.reject(new ApiError('NotFound', 'the server could not find the requested resource'))
      : Promise.resolve(objects as KubeObject[]);
  };
  return {
    get: async (resource: string) => (await of(resource))[0],
    list: async (resource: string) => ({ items: await of(resource), resourceVersion: '1' }),
  } as unknown as ClusterObjects;
}

const reach = async (
  kinds: Record<string, object[]>,
  address: string,
  host: string,
  port = 443,
  allow: string[] = [],
) => (await readImportSettings(cluster(kinds), allow)).addresses({ address, host, port });

describe('readImportSettings', () => {
  it('takes a cluster without any of the kinds', async () => {
    const { policy, trust, proxy } = await readImportSettings(cluster({}), []);
    expect(policy).toEqual({ digestMirrors: [], tagMirrors: [], blocked: [], insecure: [] });
    expect([trust('quay.io'), proxy]).toEqual([[], undefined]);
  });

  it('imports nothing when it cannot read what may be forbidden', async () => {
    const broken = { ...cluster({}), list: () => Promise.reject(new ApiError('ServiceUnavailable', 'later')) };
    await expect(readImportSettings(broken, [])).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('leaves the bounds of nodes to nodes', async () => {
    const sources = {
      allowedRegistries: ['quay.io'],
      blockedRegistries: ['bad.example'],
      insecureRegistries: ['http.example'],
    };
    const { policy } = await readImportSettings(cluster({ [CONFIG]: [{ spec: { registrySources: sources } }] }), []);
    expect(policy).toEqual({ digestMirrors: [], tagMirrors: [], blocked: ['bad.example'], insecure: ['http.example'] });
  });

  it('takes the proxy that holds, else the one that is wanted', async () => {
    const spec = { httpsProxy: 'http://wanted:3128' };
    const of = async (proxy: object) =>
      (await readImportSettings(cluster({ 'proxies.config.openshift.io': [proxy] }), [])).proxy;
    expect(await of({ spec, status: { httpsProxy: 'http://held:3128', noProxy: '.svc' } })).toEqual({
      httpsProxy: 'http://held:3128',
      noProxy: '.svc',
    });
    expect(await of({ spec })).toEqual(spec);
    expect(await of({ spec: { noProxy: '.svc' } })).toBeUndefined();
  });
});

describe('addresses', () => {
  const configured = (spec: object) => ({ [CONFIG]: [{ spec }] });
  const mirrors = (mirror: string) => ({
    'imagetagmirrorsets.config.openshift.io': [
      { spec: { imageTagMirrors: [{ source: 'quay.io', mirrors: [mirror] }] } },
    ],
  });
  const trusted = (key: string) => ({
    ...configured({ additionalTrustedCA: { name: 'ca' } }),
    configmaps: [{ data: { [key]: 'PEM' } }],
  });
  const INSIDE = 'registry.inside';

  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.0.1', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
    'such as %s are closed',
    async (address) => {
      expect(await reach({}, address, INSIDE)).toBe(false);
    },
  );

  it.each<[string, Record<string, object[]>, boolean]>([
    ['an insecure registry', configured({ registrySources: { insecureRegistries: [INSIDE] } }), true],
    [
      'a part of an insecure registry',
      configured({ registrySources: { insecureRegistries: [`${INSIDE}/team`] } }),
      true,
    ],
    ['an allowed registry', configured({ registrySources: { allowedRegistries: ['*.inside'] } }), true],
    ['a registry to import from', configured({ allowedRegistriesForImport: [{ domainName: INSIDE }] }), true],
    ['a mirror', mirrors(`${INSIDE}:443/quay`), true],
    ['a mirror on another port', mirrors(`${INSIDE}:5000/quay`), false],
    ['a registry with an authority of its own', trusted(`${INSIDE}..443`), true],
    ['all registries to import from', configured({ allowedRegistriesForImport: [{ domainName: '*' }] }), false],
    [
      'a range of addresses as a registry',
      configured({ registrySources: { insecureRegistries: ['10.0.0.0/8'] } }),
      false,
    ],
    ['a blocked registry', configured({ registrySources: { blockedRegistries: [INSIDE] } }), false],
  ])('are open for %s: %#', async (_what, kinds, open) => {
    expect(await reach(kinds, '10.1.2.3', INSIDE)).toBe(open);
  });

  it('are open where the server’s options say so', async () => {
    expect(await reach({}, '10.1.2.3', INSIDE, 443, ['10.0.0.0/8'])).toBe(true);
    expect(await reach({}, '10.1.2.3', INSIDE, 443, ['192.168.0.0/16'])).toBe(false);
  });
});
