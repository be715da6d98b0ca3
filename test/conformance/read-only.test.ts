import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOf, jsonOf, pushImage, requestTo, startUpload, type GeneratedManifest } from '@longshore/testkit';
import { describeRegistry } from './registry-under-test.js';
import { expectError, get, head } from './requests.js';

const READ_ONLY = { storage: { delete: { enabled: true }, maintenance: { readonly: { enabled: true } } } };

describeRegistry('read-only mode', {}, (registry) => {
  let image: GeneratedManifest;
  let session: string;

  beforeAll(async () => {
    image = await pushImage(registry, 'ro/app', 'v1', { seed: 'read-only' });
    session = await startUpload(registry, 'ro/app');
    await registry.stop();
    await registry.start(READ_ONLY);
  });

  it('serves everything that reads', async () => {
    for (const reference of ['v1', image.descriptor.digest]) {
      const path = `/v2/ro/app/manifests/${reference}`;
      expect((await get(registry, path)).body.equals(image.bytes)).toBe(true);
      expect((await head(registry, path)).status).toBe(200);
    }
    for (const { descriptor, bytes } of image.blobs) {
      const path = `/v2/ro/app/blobs/${descriptor.digest}`;
      expect((await head(registry, path)).status).toBe(200);
      expect((await get(registry, path)).body.equals(bytes)).toBe(true);
    }
    expect(jsonOf(await get(registry, '/v2/ro/app/tags/list'))).toEqual({ name: 'ro/app', tags: ['v1'] });
    expect((await get(registry, `/v2/ro/app/referrers/${image.descriptor.digest}`)).status).toBe(200);
    expect((await get(registry, '/v2/_catalog')).status).toBe(200);
    expect((await get(registry, session)).status).toBe(204);
    expect((await get(registry, '/readyz')).status).toBe(200);
  });

  describe('refuses, and says when to come again', () => {
    const digest = digestOf(Buffer.from('new'));
    it.each([
      ['POST', () => '/v2/ro/app/blobs/uploads/'],
      ['POST', () => `/v2/ro/app/blobs/uploads/?digest=${digest}`],
      ['POST', () => `/v2/ro/other/blobs/uploads/?mount=${image.blobs[0]?.descriptor.digest ?? ''}&from=ro/app`],
      ['PATCH', () => session],
      ['PUT', () => `${session}&digest=${digest}`],
      ['DELETE', () => session],
      ['PUT', () => '/v2/ro/app/manifests/v2'],
      ['DELETE', () => '/v2/ro/app/manifests/v1'],
      ['DELETE', () => `/v2/ro/app/manifests/${image.descriptor.digest}`],
      ['DELETE', () => `/v2/ro/app/blobs/${image.blobs[0]?.descriptor.digest ?? ''}`],
    ])('%s %s', async (method, path) => {
      const response = await requestTo(registry, path(), { method, body: method === 'DELETE' ? undefined : 'new' });
      expectError(response, 405, 'UNSUPPORTED');
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    });
  });

  it('has changed nothing', async () => {
    expect(jsonOf(await get(registry, '/v2/ro/app/tags/list'))).toEqual({ name: 'ro/app', tags: ['v1'] });
    expect((await get(registry, session)).headers.range).toBe('0-0');
    expect(await readdir(`${registry.root}/docker/registry/v2/repositories/ro`)).toEqual(['app']);
  });
});
