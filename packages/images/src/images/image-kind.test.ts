import { IMAGE_ANNOTATIONS, type Image, type ImageManifest } from '@longshore/kube';
import { digestOf, MediaType } from '@longshore/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, startImageServer, type ImageServer } from '../testing/image-server.js';
import { CONFIG_TEXT, digest, indexText, manifestText, pushedImage } from '../testing/manifests.js';
import { IMAGES } from './image-kind.js';

let server: ImageServer;
beforeAll(async () => {
  server = await startImageServer();
});
afterAll(() => server.close());

let count = 0;
/** Each manifest once. */
const newManifest = () => manifestText({ layers: [['1', 1000 + count++]] });
const stored = { [IMAGE_ANNOTATIONS.manifestBlobStored]: 'true', [IMAGE_ANNOTATIONS.managed]: 'true' };

describe('a new image', () => {
  it('is described by its manifest and configuration, which go when the registry has them', async () => {
    const image = await server.create(
      pushedImage(manifestText(), { dockerImageConfig: CONFIG_TEXT, metadata: { annotations: stored } }),
    );
    expect(image).toMatchObject({
      metadata: { annotations: { ...stored, [IMAGE_ANNOTATIONS.layersOrder]: 'ascending' } },
      dockerImageMetadata: { kind: 'DockerImage', Architecture: 'amd64', Size: 1328 },
      dockerImageMetadataVersion: '1.0',
      dockerImageManifestMediaType: MediaType.ociManifest,
      dockerImageLayers: [{ name: digest('1'), size: 1000, mediaType: MediaType.ociLayerGzip }],
    });
    expect(image).not.toHaveProperty('dockerImageManifest');
    expect(image).not.toHaveProperty('dockerImageConfig');
    expect(await refusal(server.create(pushedImage(manifestText())))).toEqual([
      `images.image.openshift.io "${image.metadata.name}" already exists`,
    ]);
  });

  it('keeps the texts when the registry does not have them', async () => {
    const manifest = newManifest();
    const image = await server.create(pushedImage(manifest, { dockerImageConfig: CONFIG_TEXT }));
    expect(image).toMatchObject({ dockerImageManifest: manifest, dockerImageConfig: CONFIG_TEXT });
  });

  it('may be an artifact whose configuration is no text', async () => {
    const configType = 'application/vnd.cncf.helm.config.v1+json';
    const manifest = manifestText({ configType });
    const image = await server.create(pushedImage(manifest, { dockerImageConfig: '\ufffd' }));
    expect(image).toMatchObject({ dockerImageMetadata: { Size: 1328 } });
    expect(image).not.toHaveProperty('dockerImageConfig');
  });

  it('may be a list with attestations', async () => {
    const children = [{ mediaType: MediaType.ociManifest, size: 5, digest: digest('a') }];
    const image = await server.create(pushedImage(indexText(children)));
    expect(image.dockerImageManifests).toEqual([
      {
        digest: digest('a'),
        mediaType: MediaType.ociManifest,
        manifestSize: 5,
        architecture: 'unknown',
        os: 'unknown',
      },
    ]);
  });

  const text = newManifest();
  const name = digestOf(Buffer.from(text));
  const child: ImageManifest = {
    digest: digest('a'),
    mediaType: MediaType.ociManifest,
    manifestSize: 5,
    architecture: 'amd64',
    os: 'linux',
  };
  const given = (more: Partial<Image>) => ({ ...pushedImage(''), metadata: { name }, ...more });
  it.each<[what: string, image: Image, problems: (string | RegExp)[]]>([
    [
      'another name',
      { ...pushedImage(text), metadata: { name: digest('f') } },
      [/^dockerImageManifest: .*its digest must be the name of the image$/],
    ],
    [
      'no manifest',
      pushedImage('{"schemaVersion":1}'),
      [/^dockerImageManifest: .*schema 1 manifests can no longer be pushed/],
    ],
    [
      'another configuration',
      pushedImage(text, { dockerImageConfig: '{}' }),
      [/^dockerImageConfig: Invalid value: "{}": its digest must be sha256:/],
    ],
    [
      'a name that is no digest',
      given({ metadata: { name: 'latest' } }),
      ['metadata.name: Invalid value: "latest": must be the digest of the manifest'],
    ],
    ['no reference', given({ dockerImageReference: '' }), ['dockerImageReference: Required value']],
    ['a wrong reference', given({ dockerImageReference: 'a//b' }), [/^dockerImageReference: Invalid value: "a\/\/b"/]],
    [
      'layers and manifests',
      given({ dockerImageLayers: [{ name: digest('1'), size: 1, mediaType: 'a/b' }], dockerImageManifests: [child] }),
      ['dockerImageLayers: Invalid value: 1: may not be set beside dockerImageManifests'],
    ],
    [
      'wrong children',
      given({ dockerImageManifests: [{ ...child, digest: 'x', mediaType: 'y', manifestSize: -1 }] }),
      [
        'dockerImageManifests[0].digest: Invalid value: "x": must be a sha256 or sha512 digest',
        'dockerImageManifests[0].mediaType: Invalid value: "y": must be a media type as in RFC 6838',
        'dockerImageManifests[0].manifestSize: Invalid value: -1: must not be negative',
      ],
    ],
  ])('is refused with %s', async (_what, image, problems) => {
    const found = await refusal(server.create(image));
    expect(found).toHaveLength(problems.length);
    found.forEach((problem, at) => expect(problem).toMatch(problems[at] ?? ''));
  });

  it('gets platforms that a client left out', async () => {
    const metadata = { name: digest('e') };
    const image = given({ metadata, dockerImageManifests: [{ ...child, architecture: '', os: '' }] });
    expect((await server.create(image)).dockerImageManifests).toMatchObject([
      { architecture: 'unknown', os: 'unknown' },
    ]);
  });
});

describe('a changed image', () => {
  const change = async (image: Image, more: Partial<Image>) =>
    server.api.objects.update<Image>(IMAGES, { ...(await server.get(image.metadata.name)), ...more });

  it('is made of what it was made of', async () => {
    const subject = digest('5');
    const image = await server.create(pushedImage(manifestText({ subject }), { metadata: { annotations: stored } }));
    const changed = await change(image, {
      metadata: { ...image.metadata, annotations: { mine: 'yes' } },
      dockerImageMetadata: { kind: 'DockerImage', apiVersion: 'image.openshift.io/1.0', Size: 1 },
      dockerImageMetadataVersion: '2.0',
      dockerImageManifestMediaType: MediaType.dockerManifest,
      dockerImageLayers: [],
      dockerImageManifests: [],
      dockerImageSignatures: ['YQ=='],
      dockerImageReference: 'quay.io/other/name',
    });
    const annotations = { mine: 'yes', [IMAGE_ANNOTATIONS.subject]: subject };
    expect(changed).toEqual({
      ...image,
      metadata: { ...image.metadata, annotations, resourceVersion: changed.metadata.resourceVersion },
      dockerImageReference: 'quay.io/other/name',
    });
  });

  it('takes texts only when they are the right ones', async () => {
    const manifest = newManifest();
    const image = await server.create(pushedImage(manifest, { dockerImageConfig: CONFIG_TEXT }));
    const wrong = await change(image, { dockerImageManifest: manifestText(), dockerImageConfig: '{}' });
    expect(wrong).toMatchObject({ dockerImageManifest: manifest, dockerImageConfig: CONFIG_TEXT });
    const { dockerImageManifest, dockerImageConfig } = await change(image, {
      dockerImageManifest: '',
      dockerImageConfig: '',
    });
    expect([dockerImageManifest, dockerImageConfig]).toEqual(['', '']);
    const right = await change(image, { dockerImageManifest: manifest, dockerImageConfig: CONFIG_TEXT });
    expect(right).toMatchObject({ dockerImageManifest: manifest, dockerImageConfig: CONFIG_TEXT });
  });

  it('is described when its text comes later', async () => {
    const manifest = newManifest();
    const bare = { ...pushedImage(manifest), dockerImageManifest: '' };
    const image = await server.create(bare);
    expect(image.dockerImageLayers).toBeUndefined();
    expect(await change(image, { dockerImageManifest: manifest })).toMatchObject({
      dockerImageLayers: [{ name: digest('1') }],
      metadata: { annotations: { [IMAGE_ANNOTATIONS.layersOrder]: 'ascending' } },
    });
  });

  it('needs the version that it changes', async () => {
    const image = await server.create(pushedImage(newManifest()));
    const { resourceVersion: _version, ...metadata } = image.metadata;
    expect(await refusal(server.api.objects.update(IMAGES, { ...image, metadata }))).toEqual([
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    ]);
  });
});

it('is shown as a table of names and references', async () => {
  const image = await server.create(pushedImage(newManifest()));
  const { body } = await server.api.transport({ username: 'tester', groups: [] }).request({
    method: 'GET',
    path: `/apis/image.openshift.io/v1/images/${image.metadata.name}`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  const table = JSON.parse(text) as { columnDefinitions: { name: string }[]; rows: { cells: string[] }[] };
  expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Image Reference']);
  expect(table.rows.map(({ cells }) => cells)).toEqual([[image.metadata.name, image.dockerImageReference]]);
});
