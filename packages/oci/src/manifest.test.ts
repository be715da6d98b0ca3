import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDigest } from './digest.js';
import { ManifestError } from './manifest-error.js';
import { childManifests, parseManifest, referencedBlobs } from './manifest.js';
import { MediaType } from './media-types.js';

const DIGEST = makeDigest('sha256', 'c'.repeat(64));
const CONFIG = { mediaType: MediaType.ociConfig, digest: DIGEST, size: 2 };
const LAYER = { mediaType: MediaType.ociLayerGzip, digest: DIGEST, size: 10 };
const CHILD = { mediaType: MediaType.ociManifest, digest: DIGEST, size: 400 };
const IMAGE = { schemaVersion: 2, mediaType: MediaType.ociManifest, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [CHILD] };

const encode = (body: unknown) => new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));

function failure(body: unknown, contentType?: string): ManifestError {
  try {
    parseManifest(encode(body), contentType);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const withLayer = (fields: object) => ({ ...IMAGE, layers: [LAYER, { ...LAYER, ...fields }] });

describe('the media type of a manifest', () => {
  const { mediaType: _image, ...untypedImage } = IMAGE;
  const { mediaType: _index, ...untypedIndex } = INDEX;

  it.each([
    ['of the body', IMAGE, undefined, MediaType.ociManifest],
    ['of the body, empty header', IMAGE, '', MediaType.ociManifest],
    ['of both', INDEX, MediaType.ociIndex, MediaType.ociIndex],
    ['of both, header with parameters', INDEX, `${MediaType.ociIndex}; charset=utf-8`, MediaType.ociIndex],
    ['of the header', untypedImage, MediaType.dockerManifest, MediaType.dockerManifest],
    ['of the header for a list', untypedIndex, MediaType.dockerManifestList, MediaType.dockerManifestList],
    ['inferred from layers', untypedImage, undefined, MediaType.ociManifest],
    ['inferred from manifests', untypedIndex, undefined, MediaType.ociIndex],
    ['inferred where the body says null', { ...untypedIndex, mediaType: null }, undefined, MediaType.ociIndex],
  ])('is %s', (_case, body, contentType, expected) => {
    const manifest = parseManifest(encode(body), contentType);
    expect(manifest.mediaType).toBe(expected);
    expect(manifest.schema).toBe(expected.includes('docker') ? 'docker' : 'oci');
    expect(manifest.kind).toBe('manifests' in body ? 'index' : 'image');
  });

  it.each([
    ['differs from the header', IMAGE, MediaType.dockerManifest, 'mediaType', 'differs from the Content-Type'],
    ['is unknown', { ...IMAGE, mediaType: 'a/b' }, undefined, 'mediaType', '"a/b" is not a manifest'],
    ['is unknown in the header', untypedImage, 'application/json', 'mediaType', 'is not a manifest'],
    ['is empty', { ...IMAGE, mediaType: '' }, undefined, 'mediaType', '"" is not a manifest'],
    ['is no string', { ...IMAGE, mediaType: 3 }, undefined, 'mediaType', 'found the number 3'],
    ['cannot be told', { schemaVersion: 2 }, undefined, 'mediaType', 'is missing'],
  ])('is refused when it %s', (_case, body, contentType, field, fault) => {
    const error = failure(body, contentType);
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID', name: 'ManifestError', field });
    expect(error.message).toContain(fault);
  });
});

describe('parseManifest', () => {
  it('gives the fields and the bytes', () => {
    const layer = { ...LAYER, urls: ['https://a.example/x'], annotations: { title: 't' }, data: 'aGk=' };
    const subject = { ...CHILD, artifactType: 'a/b' };
    const raw = encode({ ...IMAGE, artifactType: 'x/y', layers: [layer], subject, annotations: { a: 'b' }, more: [1] });
    expect(parseManifest(raw)).toEqual({
      mediaType: MediaType.ociManifest,
      kind: 'image',
      schema: 'oci',
      artifactType: 'x/y',
      config: CONFIG,
      layers: [layer],
      manifests: [],
      subject,
      annotations: { a: 'b' },
      raw,
    });
    expect(parseManifest(raw).raw).toBe(raw);
  });

  it('reads platforms', () => {
    const platform = { architecture: 'arm', os: 'linux', 'os.version': '1', 'os.features': ['f'], variant: 'v7' };
    const child = { ...CHILD, platform: { ...platform, features: ['sse4'] } };
    const manifest = parseManifest(encode({ ...INDEX, manifests: [child, CHILD] }));
    expect(manifest).toMatchObject({ kind: 'index', layers: [] });
    expect(childManifests(manifest)).toEqual([child, CHILD]);
  });

  it.each([
    ['no layers', { ...IMAGE, layers: [] }],
    ['no children', { ...INDEX, manifests: [] }],
    ['unknown fields, also in descriptors', { ...withLayer({ extra: { deep: [1] } }), extra: true }],
    ['null for optional fields', { ...withLayer({ urls: null, annotations: null }), subject: null, annotations: null }],
    ['null where the other kind has its field', { ...INDEX, layers: null, config: null }],
    ['an empty artifactType', { ...IMAGE, artifactType: '' }],
    ['the largest size', withLayer({ size: Number.MAX_SAFE_INTEGER })],
    ['an empty layer', withLayer({ size: 0, data: '' })],
    ['a sha512 digest', withLayer({ digest: makeDigest('sha512', 'd'.repeat(128)) })],
    ['10 000 layers', { ...IMAGE, layers: Array(10_000).fill(LAYER) }],
  ])('takes %s', (_case, body) => {
    const manifest = parseManifest(encode(body));
    expect(manifest).not.toHaveProperty('subject');
    expect(manifest).not.toHaveProperty('artifactType');
    expect(manifest.layers).toHaveLength('layers' in body && body.layers ? body.layers.length : 0);
  });

  it.each([
    ['text', 'hello', 'body', 'byte 0: expected a value'],
    ['an array', [], 'body', 'expected a JSON object, found an array'],
    ['null', null, 'body', 'found nothing'],
    ['a duplicate key', '{"schemaVersion":2,"layers":[],"layers":[]}', 'body', 'byte 31: duplicate key "layers"'],
    ['65 levels', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`, 'body', 'nested deeper than 64'],
    [
      'no schemaVersion',
      { ...IMAGE, schemaVersion: undefined },
      'schemaVersion',
      'expected the number 2, found nothing',
    ],
    ['a text as version', { ...IMAGE, schemaVersion: '2' }, 'schemaVersion', 'found the string "2"'],
    ['version 3', { ...IMAGE, schemaVersion: 3 }, 'schemaVersion', 'found the number 3'],
    ['version 1', { schemaVersion: 1, fsLayers: [] }, 'schemaVersion', 'schema 1 manifests can no longer be pushed'],
    ['a schema 1 type', { ...IMAGE, mediaType: MediaType.dockerSchema1 }, 'schemaVersion', 'can no longer be pushed'],
    ['layers in an index', { ...INDEX, layers: [LAYER] }, 'manifests', 'stands beside "layers"'],
    ['a config in an index', { ...INDEX, config: CONFIG }, 'manifests', 'stands beside "config"'],
    ['children in an image', { ...IMAGE, manifests: [] }, 'manifests', 'stands beside "layers"'],
    ['an index called image', { ...INDEX, mediaType: MediaType.ociManifest }, 'config', 'is missing'],
    ['an image called index', { ...IMAGE, mediaType: MediaType.ociIndex }, 'manifests', 'is missing'],
    ['no config', { ...IMAGE, config: undefined }, 'config', 'is missing; expected a descriptor'],
    ['a null config', { ...IMAGE, config: null }, 'config', 'is missing; expected a descriptor'],
    ['a text as config', { ...IMAGE, config: 'x' }, 'config', 'expected a descriptor, found the string "x"'],
    ['no layers field', { ...IMAGE, layers: undefined }, 'layers', 'is missing; expected an array'],
    ['null layers', { ...IMAGE, layers: null }, 'layers', 'is missing; expected an array'],
    ['an object as layers', { ...IMAGE, layers: { 0: LAYER } }, 'layers', 'expected an array of descriptors'],
    ['null manifests', { ...INDEX, manifests: null }, 'manifests', 'is missing'],
    ['too many layers', { ...IMAGE, layers: Array(10_001).fill(0) }, 'layers', 'at most 10000'],
    ['too many children', { ...INDEX, manifests: Array(10_001).fill(0) }, 'manifests', 'at most 10000'],
    ['a null layer', { ...IMAGE, layers: [LAYER, null] }, 'layers[1]', 'is missing'],
    ['a bad subject', { ...IMAGE, subject: {} }, 'subject.mediaType', 'found nothing'],
    ['a number as annotation', { ...IMAGE, annotations: { n: 1 } }, 'annotations["n"]', 'found the number 1'],
    ['annotations as list', { ...IMAGE, annotations: [] }, 'annotations', 'expected an object of strings'],
    ['a list as artifactType', { ...IMAGE, artifactType: [] }, 'artifactType', 'expected a string, found an array'],
  ])('refuses %s', (_case, body, field, fault) => {
    const error = failure(body);
    expect(error.field).toBe(field);
    expect(error.message.startsWith(`${field}: `)).toBe(true);
    expect(error.message).toContain(fault);
  });

  it.each([
    [{ mediaType: undefined }, 'mediaType', 'found nothing'],
    [{ mediaType: '' }, 'mediaType', '"" is not a media type'],
    [{ mediaType: 'text' }, 'mediaType', '"text" is not a media type'],
    [{ mediaType: 'a/b\r\nx: y' }, 'mediaType', 'is not a media type'],
    [{ digest: undefined }, 'digest', 'found nothing'],
    [{ digest: 'sha256:abc' }, 'digest', 'invalid checksum digest length'],
    [{ digest: `md5:${'a'.repeat(32)}` }, 'digest', 'unsupported digest algorithm'],
    [{ size: undefined }, 'size', 'found nothing'],
    [{ size: -1 }, 'size', 'found the number -1'],
    [{ size: 1.5 }, 'size', 'found the number 1.5'],
    [{ size: '1' }, 'size', 'found the string "1"'],
    [{ size: Number.MAX_SAFE_INTEGER + 1 }, 'size', 'whole number of bytes'],
    [{ urls: 'https://a.example' }, 'urls', 'expected an array of strings'],
    [{ urls: ['https://a.example', 7] }, 'urls[1]', 'found the number 7'],
    [{ annotations: { 'a.b': null } }, 'annotations["a.b"]', 'found nothing'],
    [{ artifactType: 1 }, 'artifactType', 'found the number 1'],
    [{ data: 'aGk' }, 'data', 'padded base64'],
    [{ data: 'a_-=' }, 'data', 'padded base64'],
    [{ data: '====' }, 'data', 'padded base64'],
    [{ data: 5 }, 'data', 'found the number 5'],
    [{ platform: 'linux' }, 'platform', 'expected an object'],
    [{ platform: { os: 'linux' } }, 'platform.architecture', 'found nothing'],
    [{ platform: { architecture: 'arm' } }, 'platform.os', 'found nothing'],
    [{ platform: { architecture: 'a', os: 'b', variant: 7 } }, 'platform["variant"]', 'found the number 7'],
    [{ platform: { architecture: 'a', os: 'b', 'os.features': [true] } }, 'platform["os.features"][0]', 'boolean true'],
  ])('refuses a layer with %j', (fields, name, fault) => {
    const error = failure(withLayer(fields));
    expect(error.field).toBe(`layers[1].${name}`);
    expect(error.message).toContain(fault);
    expect(error.message.length).toBeLessThan(400);
  });

  it.each([MediaType.dockerSchema1, `${MediaType.dockerSchema1Signed}; charset=utf-8`])(
    'refuses the header %s',
    (type) => expect(failure({ schemaVersion: 2 }, type).message).toContain('can no longer be pushed'),
  );

  it('throws nothing but ManifestError', () => {
    const key = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
    );
    const leaf = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(2, CONFIG, [LAYER], MediaType.ociIndex));
    const body = fc.oneof(fc.dictionary(key, leaf), fc.jsonValue()).map((value) => encode(value));
    fc.assert(
      fc.property(fc.oneof(body, fc.uint8Array()), (raw) => {
        try {
          expect(parseManifest(raw).raw).toBe(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(ManifestError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('referencedBlobs', () => {
  it('leaves out layers that stay with their publisher', () => {
    const layers = [
      LAYER,
      { ...LAYER, mediaType: MediaType.dockerForeignLayerGzip },
      { ...LAYER, mediaType: MediaType.ociNonDistributableLayer },
      { ...LAYER, urls: ['https://a.example/x'] },
      { ...LAYER, urls: [], size: 11 },
    ];
    expect(referencedBlobs(parseManifest(encode({ ...IMAGE, layers })))).toEqual([CONFIG, LAYER, layers[4]]);
  });

  it('is empty for an index', () => expect(referencedBlobs(parseManifest(encode(INDEX)))).toEqual([]));
});
