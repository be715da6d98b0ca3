import { MediaType, ManifestError, digestOf } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIG_TEXT, digest, indexText, manifestText, parse, pushedImage } from '../testing/manifests.js';
import { describeImage, fillImage } from './describe-image.js';

describe('describeImage', () => {
  it('describes an image (registry.md 11.3: 1000 bytes and 328 bytes)', () => {
    expect(CONFIG_TEXT).toHaveLength(328);
    expect(describeImage(parse(manifestText()), Buffer.from(CONFIG_TEXT))).toEqual({
      dockerImageMetadata: {
        kind: 'DockerImage',
        apiVersion: 'image.openshift.io/1.0',
        Architecture: 'amd64',
        Author: 'x'.repeat(279),
        Id: digestOf(Buffer.from(CONFIG_TEXT)),
        Size: 1328,
      },
      dockerImageMetadataVersion: '1.0',
      dockerImageManifestMediaType: MediaType.ociManifest,
      dockerImageLayers: [{ name: digest('1'), size: 1000, mediaType: MediaType.ociLayerGzip }],
    });
  });

  it('keeps layers in their order and counts each once', () => {
    const manifest = parse(
      manifestText({
        layers: [
          ['2', 10],
          ['1', 5],
          ['2', 10],
        ],
      }),
    );
    const { dockerImageMetadata, dockerImageLayers } = describeImage(manifest, undefined);
    expect(dockerImageMetadata).toMatchObject({ Size: 328 + 15 });
    expect(dockerImageLayers?.map(({ name }) => name)).toEqual([digest('2'), digest('1'), digest('2')]);
  });

  it('takes no size beyond what numbers can say', () => {
    const manifest = parse(
      manifestText({
        layers: [
          ['1', Number.MAX_SAFE_INTEGER],
          ['2', Number.MAX_SAFE_INTEGER],
        ],
      }),
    );
    expect(describeImage(manifest, undefined).dockerImageMetadata.Size).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ['a Helm chart', 'application/vnd.cncf.helm.config.v1+json', '{"name":"chart","author":"a"}'],
    ['an artifact', MediaType.emptyJson, '{}'],
    ['something binary', 'application/octet-stream', '\u0000\u0001'],
  ])('does not read the configuration of %s', (_what, configType, config) => {
    const { dockerImageMetadata, dockerImageLayers } = describeImage(
      parse(manifestText({ configType, config })),
      Buffer.from(config),
    );
    expect(dockerImageMetadata).toEqual({
      kind: 'DockerImage',
      apiVersion: 'image.openshift.io/1.0',
      Id: digestOf(Buffer.from(config)),
      Size: 1000 + config.length,
    });
    expect(dockerImageLayers).toHaveLength(1);
  });

  it('names platforms that are missing', () => {
    const child = { mediaType: MediaType.ociManifest, size: 500 };
    const index = indexText([
      { ...child, digest: digest('a'), platform: { architecture: 'arm', os: 'linux', variant: 'v7' } },
      { ...child, digest: digest('b'), platform: { architecture: '', os: '' } },
      { ...child, digest: digest('c'), mediaType: MediaType.ociIndex },
    ]);
    expect(describeImage(parse(index), undefined)).toEqual({
      dockerImageMetadata: { kind: 'DockerImage', apiVersion: 'image.openshift.io/1.0' },
      dockerImageMetadataVersion: '1.0',
      dockerImageManifestMediaType: MediaType.ociIndex,
      dockerImageManifests: [
        {
          digest: digest('a'),
          mediaType: MediaType.ociManifest,
          manifestSize: 500,
          architecture: 'arm',
          os: 'linux',
          variant: 'v7',
        },
        {
          digest: digest('b'),
          mediaType: MediaType.ociManifest,
          manifestSize: 500,
          architecture: 'unknown',
          os: 'unknown',
        },
        {
          digest: digest('c'),
          mediaType: MediaType.ociIndex,
          manifestSize: 500,
          architecture: 'unknown',
          os: 'unknown',
        },
      ],
    });
  });

  it('never fails, whatever the configuration is', () => {
    const manifest = parse(manifestText());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((text) => Buffer.from(text)),
          fc.uint8Array(),
        ),
        (config) => {
          const { dockerImageMetadata } = describeImage(manifest, config);
          expect(dockerImageMetadata).toMatchObject({ kind: 'DockerImage', Size: 1328, Id: manifest.config?.digest });
        },
      ),
    );
  });
});

describe('fillImage', () => {
  it('tells what is about another manifest, and nothing that a client claims', () => {
    const subject = digest('5');
    const image = pushedImage(manifestText({ subject }), { metadata: { annotations: { a: 'b' } } });
    fillImage(image);
    expect(image.metadata.annotations).toEqual({
      a: 'b',
      'image.openshift.io/dockerLayersOrder': 'ascending',
      'image.longshore.dev/subject': subject,
    });
    const other = pushedImage(indexText([]), { metadata: { annotations: { 'image.longshore.dev/subject': subject } } });
    fillImage(other);
    expect(other.metadata.annotations).toEqual({});
  });

  it('leaves an image without a manifest as it is', () => {
    const image = pushedImage('');
    fillImage(image);
    expect(image).toEqual(pushedImage(''));
  });

  it('refuses what is no manifest', () => {
    expect(() => fillImage(pushedImage('{"schemaVersion":1}'))).toThrow(ManifestError);
  });
});
