import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createImage, createIndex, digestOf, jsonOf, pushImage, pushManifest, pushTree } from '@longshore/testkit';
import { randomBytesOf } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { del, expectError, get, head } from './requests.js';
import { upload } from './uploading.js';

const MISSING = digestOf(Buffer.from('missing'));

describeRegistry('deletion', {}, (registry) => {
  const manifestPath = (repository: string, reference: string) => `/v2/${repository}/manifests/${reference}`;
  const expectGone = (path: string) =>
    registry.everyProcess(async () => expect((await head(registry, path)).status).toBe(404));
  const tagsOf = async (repository: string) =>
    (jsonOf(await get(registry, `/v2/${repository}/tags/list`)) as { tags: string[] }).tags;

  describe('of a blob', () => {
    it('works once', async () => {
      const path = `/v2/del/blob/blobs/${await upload(registry, 'del/blob', Buffer.from('once'))}`;
      const deleted = await del(registry, path);
      expect([deleted.status, deleted.body.length]).toEqual([202, 0]);
      await expectGone(path);
      expectError(await del(registry, path), 404, 'BLOB_UNKNOWN');
    });

    it('leaves the blob of another repository', async () => {
      const bytes = randomBytesOf('shared', 1000);
      const digest = await upload(registry, 'del/one', bytes);
      await upload(registry, 'del/two', bytes);
      expect((await del(registry, `/v2/del/one/blobs/${digest}`)).status).toBe(202);
      expect((await get(registry, `/v2/del/two/blobs/${digest}`)).body.equals(bytes)).toBe(true);
      expectError(await del(registry, `/v2/del/never/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
    });

    it('can be undone by pushing it again', async () => {
      const path = `/v2/del/again/blobs/${await upload(registry, 'del/again', Buffer.from('again'))}`;
      expect((await del(registry, path)).status).toBe(202);
      await upload(registry, 'del/again', Buffer.from('again'));
      await registry.everyProcess(async () => expect((await get(registry, path)).body.toString()).toBe('again'));
    });

    it('needs a digest', async () => {
      expectError(await del(registry, '/v2/del/blob/blobs/sha256:abc'), 400, 'DIGEST_INVALID');
    });
  });

  describe('of a tag', () => {
    it('leaves the manifest and its other tags', async () => {
      const image = await pushImage(registry, 'del/tag', 'v1', { seed: 'tag' });
      await pushManifest(registry, 'del/tag', image, 'v2');
      expect((await del(registry, manifestPath('del/tag', 'v1'))).status).toBe(202);
      await expectGone(manifestPath('del/tag', 'v1'));
      expectError(await del(registry, manifestPath('del/tag', 'v1')), 404, 'MANIFEST_UNKNOWN');
      await registry.everyProcess(async () => {
        expect(await tagsOf('del/tag')).toEqual(['v2']);
        expect((await head(registry, manifestPath('del/tag', 'v2'))).status).toBe(200);
        expect((await head(registry, manifestPath('del/tag', image.descriptor.digest))).status).toBe(200);
      });
    });

    it('leaves the repository, with no tags', async () => {
      await pushImage(registry, 'del/last', 'v1', { seed: 'last' });
      expect((await del(registry, manifestPath('del/last', 'v1'))).status).toBe(202);
      await registry.everyProcess(async () => expect(await tagsOf('del/last')).toEqual([]));
    });

    it('of a tag that is not there, or can be none, is answered 404', async () => {
      for (const tag of ['none', '-none', 'a'.repeat(129)]) {
        expectError(await del(registry, manifestPath('del/tag', tag)), 404, 'MANIFEST_UNKNOWN');
      }
    });
  });

  describe('of a manifest', () => {
    it('takes all its tags with it, and no others', async () => {
      const image = await pushImage(registry, 'del/tags', 'one', { seed: 'with tags' });
      await pushManifest(registry, 'del/tags', image, 'two');
      await pushImage(registry, 'del/tags', 'other', { seed: 'another' });
      const path = manifestPath('del/tags', image.descriptor.digest);
      expect((await del(registry, path)).status).toBe(202);
      await expectGone(path);
      await expectGone(manifestPath('del/tags', 'one'));
      await registry.everyProcess(async () => expect(await tagsOf('del/tags')).toEqual(['other']));
      expectError(await del(registry, path), 404, 'MANIFEST_UNKNOWN');
    });

    it('takes hundreds of tags with it at once', async () => {
      const image = await pushImage(registry, 'del/hundreds', 'kept', { seed: 'kept' });
      const gone = await pushImage(registry, 'del/hundreds', 'gone', { seed: 'gone' });
      const tags = Array.from({ length: 400 }, (_, i) => `t${i}`);
      await writeTags(registry, 'del/hundreds', tags, gone.descriptor.digest);
      expect(await tagsOf('del/hundreds')).toHaveLength(402);
      expect((await del(registry, manifestPath('del/hundreds', gone.descriptor.digest))).status).toBe(202);
      await registry.everyProcess(async () => {
        expect(await tagsOf('del/hundreds')).toEqual(['kept']);
        expect((await head(registry, manifestPath('del/hundreds', 't200'))).status).toBe(404);
      });
      expect((await head(registry, manifestPath('del/hundreds', image.descriptor.digest))).status).toBe(200);
    });

    it('can be undone by pushing it again; its old tags do not come back', async () => {
      const image = await pushImage(registry, 'del/undo', 'old', { seed: 'undo' });
      const path = manifestPath('del/undo', image.descriptor.digest);
      expect((await del(registry, path)).status).toBe(202);
      await pushTree(registry, 'del/undo', image, 'new');
      await registry.everyProcess(async () => {
        expect(await tagsOf('del/undo')).toEqual(['new']);
        expect((await head(registry, manifestPath('del/undo', 'old'))).status).toBe(404);
        expect((await get(registry, path)).body.equals(image.bytes)).toBe(true);
      });
    });

    it('leaves its blobs, and that of another repository', async () => {
      const image = await pushImage(registry, 'del/blobs', 'v1', { seed: 'blobs stay' });
      await pushTree(registry, 'del/copy', image, 'v1');
      const { digest } = image.descriptor;
      expect((await del(registry, manifestPath('del/blobs', digest))).status).toBe(202);
      for (const { descriptor } of image.blobs) {
        expect((await head(registry, `/v2/del/blobs/blobs/${descriptor.digest}`)).status).toBe(200);
      }
      expect((await head(registry, manifestPath('del/copy', 'v1'))).status).toBe(200);
    });

    it('is refused while an index lists it', async () => {
      const children = [createImage({ seed: 'child 1' }), createImage({ seed: 'child 2' })];
      const index = createIndex(children);
      await pushTree(registry, 'del/index', index, 'multi');
      const { digest } = index.descriptor;
      for (const child of children) {
        const refused = await del(registry, manifestPath('del/index', child.descriptor.digest));
        const detail = expectError(refused, 405, 'UNSUPPORTED');
        expect(detail).toEqual({ digest: child.descriptor.digest, index: digest });
      }
      expect((await del(registry, manifestPath('del/index', digest))).status).toBe(202);
      for (const child of children) {
        expect((await del(registry, manifestPath('del/index', child.descriptor.digest))).status).toBe(202);
        await expectGone(manifestPath('del/index', child.descriptor.digest));
      }
    });

    it('that only an index of another repository lists is not refused', async () => {
      const child = createImage({ seed: 'listed elsewhere' });
      await pushTree(registry, 'del/listing', createIndex([child]), 'multi');
      await pushTree(registry, 'del/alone', child, 'v1');
      expect((await del(registry, manifestPath('del/alone', child.descriptor.digest))).status).toBe(202);
    });

    it('of what is not there is answered 404, of no digest 400', async () => {
      expectError(await del(registry, manifestPath('del/tags', MISSING)), 404, 'MANIFEST_UNKNOWN');
      expectError(await del(registry, manifestPath('del/never', MISSING)), 404, 'MANIFEST_UNKNOWN');
      expectError(await del(registry, manifestPath('del/tags', 'sha256:abc')), 400, 'DIGEST_INVALID');
    });
  });
});

describeRegistry(
  'deletion that is switched off',
  { storage: { delete: { enabled: false } } },
  (registry) => {
    it('is refused for tags, manifests and blobs', async () => {
      const image = await pushImage(registry, 'off/app', 'v1', { seed: 'off' });
      const digest = image.blobs[0]?.descriptor.digest ?? '';
      const paths = [`manifests/v1`, `manifests/${image.descriptor.digest}`, `blobs/${digest}`];
      for (const path of paths) {
        expectError(await del(registry, `/v2/off/app/${path}`), 405, 'UNSUPPORTED');
        expect((await head(registry, `/v2/off/app/${path}`)).status).toBe(200);
      }
    });
  },
  [1],
);

/** Writes tags as docker-registry stores them. */
async function writeTags(registry: RegistryUnderTest, repository: string, tags: string[], digest: string) {
  const folder = join(registry.root, 'docker/registry/v2/repositories', repository, '_manifests/tags');
  for (const tag of tags) {
    const link = join(folder, tag, 'current/link');
    await mkdir(dirname(link), { recursive: true });
    await writeFile(link, digest);
  }
}
