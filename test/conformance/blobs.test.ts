import { describe, expect, it } from 'vitest';
import { digestOf, randomBytesOf } from '@longshore/testkit';
import { describeRegistry } from './registry-under-test.js';
import { expectError, get, head, post, put } from './requests.js';
import { upload, type Algorithm } from './uploading.js';

const ALGORITHMS: Algorithm[] = ['sha256', 'sha512'];
const MISSING = digestOf(Buffer.from('missing'));

/** 2048 bytes are served from memory, five million are streamed from the file. */
const SIZES = [2048, 5_000_000];

describeRegistry('blobs', {}, (registry) => {
  const path = (digest: string, repository = 'blob/main') => `/v2/${repository}/blobs/${digest}`;

  describe.each(ALGORITHMS.flatMap((algorithm) => SIZES.map((size) => [algorithm, size] as const)))(
    'a blob by %s, %i bytes',
    (algorithm, size) => {
      const bytes = randomBytesOf(`${algorithm}/${size}`, size);
      const digest = digestOf(bytes, algorithm);

      it('comes whole, with what caches need to know', async () => {
        expect(await upload(registry, 'blob/main', bytes, algorithm)).toBe(digest);
        const expected = {
          'content-type': 'application/octet-stream',
          'content-length': String(size),
          'docker-content-digest': digest,
          etag: `"${digest}"`,
          'cache-control': 'max-age=31536000',
          'accept-ranges': 'bytes',
          'docker-distribution-api-version': 'registry/2.0',
        };
        const pulled = await get(registry, path(digest));
        expect([pulled.status, pulled.body.equals(bytes)]).toEqual([200, true]);
        expect(pulled.headers).toMatchObject(expected);
        const asked = await head(registry, path(digest));
        expect([asked.status, asked.body.length]).toEqual([200, 0]);
        expect(asked.headers).toMatchObject(expected);
      });

      it.each([
        ['bytes=500-1499', 500, 1500],
        ['bytes=0-0', 0, 1],
        ['bytes=0-4', 0, 5],
        ['bytes=500-', 500, size],
        [`bytes=${size - 1}-`, size - 1, size],
        ['bytes=-500', size - 500, size],
        ['bytes=-5', size - 5, size],
        [`bytes=-${size + 1}`, 0, size],
        [`bytes=2000-${size + 3000}`, 2000, size],
      ])('comes in part for %s', async (range, start, end) => {
        const { status, headers, body } = await get(registry, path(digest), { range });
        expect([status, body.equals(bytes.subarray(start, end))]).toEqual([206, true]);
        expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/${size}`);
        expect([headers['content-length'], headers['docker-content-digest']]).toEqual([String(end - start), digest]);
      });

      it.each(['bytes=500-0', `bytes=${size}-`, `bytes=${size + 3000}-${size + 8000}`, 'bytes=-0'])(
        'has nothing for %s',
        async (range) => {
          const response = await get(registry, path(digest), { range });
          expect(expectError(response, 416, 'RANGE_INVALID')).toEqual({ size });
          expect(response.headers['content-range']).toBe(`bytes */${size}`);
        },
      );

      it.each(['bytes=0-1,5-6', 'bytes=', 'bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes 0-4', '0-4'])(
        'comes whole for %s, which is not one range of bytes',
        async (range) => {
          const { status, headers, body } = await get(registry, path(digest), { range });
          expect([status, body.equals(bytes)]).toEqual([200, true]);
          expect(headers).not.toHaveProperty('content-range');
        },
      );

      it.each(['bytes=0-4', 'bytes=500-0'])(
        'is told whole by HEAD, where a range counts for nothing: %s',
        async (range) => {
          const { status, headers } = await head(registry, path(digest), { range });
          expect([status, headers['content-length']]).toEqual([200, String(size)]);
          expect(headers).not.toHaveProperty('content-range');
        },
      );

      it.each([`"${digest}"`, digest, `W/"${digest}"`, `"x", "${digest}"`])(
        'does not come when the client has it: %s',
        async (etag) => {
          const { status, headers, body } = await get(registry, path(digest), { 'if-none-match': etag });
          expect([status, body.length, headers.etag]).toEqual([304, 0, `"${digest}"`]);
          expect((await head(registry, path(digest), { 'if-none-match': etag })).status).toBe(304);
        },
      );

      it('comes in part only if it is still the one that the client has a part of', async () => {
        const part = { range: 'bytes=0-4' };
        expect((await get(registry, path(digest), { ...part, 'if-range': `"${digest}"` })).status).toBe(206);
        expect((await get(registry, path(digest), { ...part, 'if-range': `"${MISSING}"` })).status).toBe(200);
      });
    },
  );

  describe('pushed by sha512', () => {
    const bytes = randomBytesOf('two names', 5_000_000);
    const names = [digestOf(bytes, 'sha512'), digestOf(bytes)];

    it("can be read by either digest, and is no other repository's", async () => {
      await upload(registry, 'blob/named', bytes, 'sha512');
      for (const name of names) {
        const pulled = await get(registry, path(name, 'blob/named'));
        expect([pulled.status, pulled.headers['docker-content-digest']]).toEqual([200, name]);
        expect(pulled.body.equals(bytes)).toBe(true);
        const part = await get(registry, path(name, 'blob/named'), { range: 'bytes=-5' });
        expect([part.status, part.body.equals(bytes.subarray(-5))]).toEqual([206, true]);
        expect((await head(registry, path(name, 'blob/named'))).headers['content-length']).toBe('5000000');
        expectError(await get(registry, path(name)), 404, 'BLOB_UNKNOWN');
      }
    });

    it('can be mounted by either, with both names', async () => {
      for (const [index, name] of names.entries()) {
        const to = `blob/mounted-${index}`;
        const mounted = await post(registry, `/v2/${to}/blobs/uploads/?mount=${name}&from=blob/named`);
        expect([mounted.status, mounted.headers['docker-content-digest']]).toEqual([201, name]);
        expect((await get(registry, path(name, to))).body.equals(bytes)).toBe(true);
      }
    });

    it('can be named by a manifest with either', async () => {
      for (const digest of names) {
        const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes.length };
        const config = await upload(registry, 'blob/named', Buffer.from('{}'));
        const manifest = {
          schemaVersion: 2,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config, size: 2 },
          layers: [layer],
        };
        const pushed = await put(registry, '/v2/blob/named/manifests/named', JSON.stringify(manifest), {
          'content-type': manifest.mediaType,
        });
        expect(pushed.status).toBe(201);
      }
    });
  });

  it('are unknown when they were never pushed', async () => {
    expect(expectError(await get(registry, path(MISSING)), 404, 'BLOB_UNKNOWN')).toEqual({ digest: MISSING });
    expectError(await get(registry, path(digestOf(Buffer.from('x'), 'sha512'))), 404, 'BLOB_UNKNOWN');
  });

  it('are unknown to a repository that has them not, though another has', async () => {
    const digest = await upload(registry, 'blob/private', randomBytesOf('private', 100));
    expectError(await get(registry, path(digest, 'blob/main')), 404, 'BLOB_UNKNOWN');
    expect((await head(registry, path(digest, 'blob/main'))).status).toBe(404);
    expect((await head(registry, path(digest, 'blob'))).status).toBe(404);
  });

  it.each([
    ['sha256:abc', 'invalid checksum digest length'],
    ['sha256:', expect.stringMatching(/./)],
    [`sha256:${'G'.repeat(64)}`, expect.stringMatching(/./)],
    [`sha256:${'A'.repeat(64)}`, expect.stringMatching(/./)],
    [`md5:${'0'.repeat(32)}`, 'unsupported digest algorithm'],
    ['nonsense', 'invalid checksum digest format'],
    ['..', expect.stringMatching(/./)],
    [`sha256:${'0'.repeat(64)}%0a`, expect.stringMatching(/./)],
  ])('cannot be asked for by %s', async (digest, detail) => {
    expect(expectError(await get(registry, path(digest)), 400, 'DIGEST_INVALID')).toEqual(detail);
    const asked = await head(registry, path(digest));
    expect([asked.status, asked.body.length]).toEqual([400, 0]);
  });

  it('may be called by an encoded digest', async () => {
    const digest = await upload(registry, 'blob/main', randomBytesOf('encoded', 100));
    expect((await head(registry, path(encodeURIComponent(digest)))).status).toBe(200);
  });
});
