import { describe, expect, it } from 'vitest';
import { digestOf, MEDIA_TYPES, type HttpResponse } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { get, OCTETS, patch, post, put, type Headers } from './requests.js';

const BYTES = Buffer.from('location');
const DIGEST = digestOf(BYTES);
const EMPTY_INDEX = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests: [] }));

describeRegistry('locations', {}, (registry) => {
  it.each<[string, Headers, string | undefined]>([
    ['the Host header', { host: 'registry.example' }, 'http://registry.example'],
    ['the Host header with a port', { host: 'registry.example:8443' }, 'http://registry.example:8443'],
    ['the address of IPv6', { host: '[fd00::7]:5000' }, 'http://[fd00::7]:5000'],
    ['X-Forwarded-Proto', { host: 'a.example', 'x-forwarded-proto': 'https' }, 'https://a.example'],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'front.example' }, 'http://front.example'],
    [
      'what the first of several proxies was asked for',
      { 'x-forwarded-host': 'front.example:8443, inner.example', 'x-forwarded-proto': 'https, http' },
      'https://front.example:8443',
    ],
    ['Forwarded', { forwarded: 'for=192.0.2.1;proto=https;host=front.example' }, 'https://front.example'],
    [
      'Forwarded in other letters',
      { forwarded: 'Host="front.example:8443"; Proto=HTTPS' },
      'https://front.example:8443',
    ],
    [
      'Forwarded before X-Forwarded-*',
      { forwarded: 'host=a.example;proto=https', 'x-forwarded-host': 'b.example', 'x-forwarded-proto': 'http' },
      'https://a.example',
    ],
    ['no scheme but http and https', { host: 'a.example', 'x-forwarded-proto': 'javascript' }, 'http://a.example'],
    ['no host that is none', { 'x-forwarded-host': 'evil.example/path?' }, ''],
    ['no host with a user', { host: 'user@evil.example' }, ''],
  ])('begin with %s', async (_case, headers, origin) => {
    await expectLocations(registry, headers, '', origin ?? '');
  });

  it('begin with where the client asked', async () => {
    await expectLocations(registry, {}, '', registry.url);
  });
});

const FORWARDED = { 'x-forwarded-host': 'front.example', 'x-forwarded-proto': 'http' };

describe('configured locations', () => {
  describeRegistry(
    'http.host',
    { http: { host: 'https://registry.example:8443/' } },
    (registry) => {
      it('comes before what requests say', async () => {
        await expectLocations(registry, FORWARDED, '', 'https://registry.example:8443');
      });
    },
    [1],
  );

  describeRegistry(
    'http.relativeurls',
    { http: { relativeurls: true } },
    (registry) => {
      it('leaves out scheme and host', async () => {
        await expectLocations(registry, FORWARDED, '', '');
      });
    },
    [1],
  );

  describeRegistry(
    'http.prefix',
    { http: { prefix: '/images/here/' } },
    (registry) => {
      it('stands before all paths', async () => {
        await expectLocations(registry, {}, '/images/here', `${registry.url}/images/here`);
      });
    },
    [1],
  );

  describeRegistry(
    'all of them',
    { http: { prefix: '/images/', host: 'https://registry.example', relativeurls: true } },
    (registry) => {
      it('give paths with the prefix', async () => {
        await expectLocations(registry, FORWARDED, '/images', '/images');
      });
    },
    [1],
  );
});

/**
 * Makes every request that answers with a Location, below `prefix`. Each Location must begin with `base`, and what it
 * leads to must be there.
 */
async function expectLocations(registry: RegistryUnderTest, headers: Headers, prefix: string, base: string) {
  const within = (response: HttpResponse, status: number, path: RegExp) => {
    expect(response.status).toBe(status);
    const location = String(response.headers.location);
    expect(location.startsWith(`${base}/v2`), `${location} begins with ${base}`).toBe(true);
    expect(location.slice(base.length)).toMatch(path);
    return `${prefix}${location.slice(base.length)}`;
  };
  const session = /^\/v2\/loc\/app\/blobs\/uploads\/[^/?]+\?_state=[\w-]+$/;
  const blob = new RegExp(`^/v2/loc/app/blobs/${DIGEST}$`);
  const uploads = `${prefix}/v2/loc/app/blobs/uploads/`;

  const begun = within(await post(registry, uploads, undefined, headers), 202, session);
  const sent = within(await patch(registry, begun, BYTES, headers), 202, session);
  const asked = within(await get(registry, sent, headers), 204, session);
  const close = await put(registry, `${asked}&digest=${DIGEST}`, undefined, { ...headers, 'content-length': '0' });
  const stored = within(close, 201, blob);
  expect((await get(registry, stored, headers)).body.equals(BYTES)).toBe(true);

  within(await post(registry, `${uploads}?digest=${DIGEST}`, BYTES, { ...headers, ...OCTETS }), 201, blob);
  within(await post(registry, `${uploads}?mount=${DIGEST}&from=loc/app`, undefined, headers), 201, blob);
  const typed = { ...headers, 'content-type': MEDIA_TYPES.oci.index };
  for (const tag of ['v1', 'v2']) {
    const pushed = await put(registry, `${prefix}/v2/loc/app/manifests/${tag}`, EMPTY_INDEX, typed);
    const manifest = within(pushed, 201, new RegExp(`^/v2/loc/app/manifests/${digestOf(EMPTY_INDEX)}$`));
    expect((await get(registry, manifest, headers)).body.equals(EMPTY_INDEX)).toBe(true);
  }
  within(await get(registry, `${prefix}/v2`, headers), 301, /^\/v2\/$/);

  const { headers: page } = await get(registry, `${prefix}/v2/loc/app/tags/list?n=1`, headers);
  expect(page.link).toBe(`<${prefix}/v2/loc/app/tags/list?last=v1&n=1>; rel="next"`);
}
