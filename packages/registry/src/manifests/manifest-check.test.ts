import { MediaType, type Digest } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobNamed, imageNamed, indexNamed } from '../testing/manifests.js';
import { checkReferences, type Holdings, type ReferenceRules } from './manifest-check.js';

const STRICT: ReferenceRules = { urls: { allow: [], deny: [] }, sparse: false };
const startsWith = (prefix: string) => (url: string) => url.startsWith(prefix);

/** Holds the given content, and notes what it was asked for. */
function holding(...sizes: [Digest, number][]) {
  const held = new Map(sizes);
  const asked: string[] = [];
  const answer = (kind: string) => async (digest: Digest) => {
    asked.push(`${kind} ${digest}`);
    return held.get(digest);
  };
  const holdings: Holdings = { blobSize: answer('blob'), manifestSize: answer('manifest') };
  return { holdings, asked };
}

const CONFIG = blobNamed('config', MediaType.ociConfig);
const LAYER = blobNamed('layer');
const FOREIGN = { ...blobNamed('foreign'), urls: ['https://example.com/layer'] };
const IMAGE = imageNamed('image', { config: CONFIG, layers: [LAYER, FOREIGN] });
const sizeOf = ({ digest, size }: { digest: Digest; size: number }): [Digest, number] => [digest, size];

describe('checkReferences', () => {
  it('asks for each blob that must be there, and for no other', async () => {
    const { holdings, asked } = holding(sizeOf(CONFIG), sizeOf(LAYER));
    await checkReferences(IMAGE.manifest, holdings, STRICT);
    expect(asked).toEqual([`blob ${CONFIG.digest}`, `blob ${LAYER.digest}`]);
  });

  it('asks for each manifest of an index, not for its subject', async () => {
    const index = indexNamed('index', [IMAGE.descriptor], blobNamed('nowhere'));
    const { holdings, asked } = holding(sizeOf(IMAGE.descriptor));
    await checkReferences(index.manifest, holdings, STRICT);
    expect(asked).toEqual([`manifest ${IMAGE.digest}`]);
  });

  it('takes an empty blob for one that is there', async () => {
    const empty = blobNamed('');
    const { holdings } = holding(sizeOf(CONFIG), sizeOf(empty));
    await checkReferences(imageNamed('empty', { config: CONFIG, layers: [empty] }).manifest, holdings, STRICT);
  });

  it('names the first that is missing', async () => {
    const { holdings } = holding(sizeOf(CONFIG));
    await expect(checkReferences(IMAGE.manifest, holdings, STRICT)).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: { digest: LAYER.digest },
    });
    const index = indexNamed('index', [IMAGE.descriptor]);
    await expect(checkReferences(index.manifest, holdings, STRICT)).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: { digest: IMAGE.digest },
    });
  });

  it('lets an index miss images where that is allowed, but no image its blobs, and no size be wrong', async () => {
    const index = indexNamed('index', [IMAGE.descriptor]);
    const sparse = { ...STRICT, sparse: true };
    await checkReferences(index.manifest, holding().holdings, sparse);
    const { digest, size } = IMAGE.descriptor;
    await expect(checkReferences(index.manifest, holding([digest, size + 1]).holdings, sparse)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    });
    await expect(checkReferences(IMAGE.manifest, holding().holdings, sparse)).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
  });

  it('says when a size is another than the manifest says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (actual) => {
        fc.pre(actual !== LAYER.size);
        const { holdings } = holding(sizeOf(CONFIG), [LAYER.digest, actual]);
        await expect(checkReferences(IMAGE.manifest, holdings, STRICT)).rejects.toMatchObject({
          code: 'MANIFEST_INVALID',
          detail: { digest: LAYER.digest, stated: LAYER.size, actual },
        });
      }),
    );
  });

  it.each([
    ['anything without a policy', [], [], true],
    ['what is allowed', ['https://example.com/'], [], true],
    ['what one of several allows', ['https://other/', 'https://example.com/'], [], true],
    ['nothing that is not allowed', ['https://other/'], [], false],
    ['nothing that is denied', [], ['https://example.com/'], false],
    ['nothing that is both', ['https://'], ['https://example.com/'], false],
  ])('takes URLs: %s', async (_what, allow, deny, taken) => {
    const { holdings, asked } = holding(sizeOf(CONFIG), sizeOf(LAYER));
    const urls = { allow: allow.map(startsWith), deny: deny.map(startsWith) };
    const work = checkReferences(IMAGE.manifest, holdings, { urls, sparse: false });
    if (taken) return expect(work).resolves.toBeUndefined();
    await expect(work).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      detail: { url: 'https://example.com/layer' },
    });
    expect(asked).toEqual([]);
  });

  it('repeats no more of a URL than is useful', async () => {
    const image = imageNamed('long', { config: CONFIG, layers: [{ ...LAYER, urls: [`https://${'x'.repeat(5000)}`] }] });
    const refusal = checkReferences(image.manifest, holding().holdings, {
      urls: { allow: [], deny: [() => true] },
      sparse: false,
    });
    const error = (await refusal.catch((reason: unknown) => reason)) as { detail: { url: string } };
    expect(error.detail.url).toHaveLength(512);
  });
});
