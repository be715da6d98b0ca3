import { MediaType, type Descriptor, type Digest } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { describeImage, reportForPrograms } from './describe-image.js';
import type { ImageReport } from './read-images.js';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const layer = (letter: string, size: number): Descriptor => ({
  mediaType: MediaType.dockerLayerGzip,
  size,
  digest: digestOf(letter),
});
const now = Date.parse('2026-11-26T00:00:00Z');
const plain: ImageReport = {
  name: 'quay.io/org/app:v1',
  digest: digestOf('a'),
  contentDigest: digestOf('a'),
  mediaType: MediaType.dockerManifest,
  layers: [layer('b', 200_339), layer('c', 51_663)],
  config: { created: '2026-11-22T02:25:15Z', os: 'linux', architecture: 'amd64' },
};

describe('describeImage', () => {
  it('tells what there is, in the columns of oc', () => {
    const config = {
      ...plain.config,
      author: 'ann',
      config: {
        Entrypoint: ['/bin/app', '-v'],
        Cmd: ['serve'],
        WorkingDir: '/srv',
        User: '1001',
        ExposedPorts: { '8443/tcp': {}, '8080/tcp': {} },
        Env: ['PATH=/bin', 'A=b c'],
        Labels: { z: 'last', a: 'first' },
        Volumes: { '/data': {} },
      },
    };
    expect(describeImage({ ...plain, listDigest: digestOf('d'), config }, now)).toBe(`\
Name:          quay.io/org/app:v1
Digest:        ${digestOf('a')}
Manifest List: ${digestOf('d')}
Media Type:    application/vnd.docker.distribution.manifest.v2+json
Created:       3d ago
Image Size:    252kB in 2 layers
Layers:        200.3kB ${digestOf('b')}
               51.66kB ${digestOf('c')}
OS:            linux
Arch:          amd64
Author:        ann
Entrypoint:    /bin/app -v
Command:       serve
Working Dir:   /srv
User:          1001
Exposes Ports: 8080/tcp, 8443/tcp
Environment:   PATH=/bin
               A=b c
Labels:        a=first
               z=last
Volumes:       /data
`);
  });

  it('tells when somebody has changed the content', () => {
    const text = describeImage({ ...plain, contentDigest: digestOf('e') }, now, plain.digest);
    expect(text.split('\n').slice(1, 4)).toEqual([
      `Content Digest: ${digestOf('e')}`,
      '                ERROR: the image contents do not match the requested digest, this image has been tampered with',
      'Media Type:     application/vnd.docker.distribution.manifest.v2+json',
    ]);
  });

  it.each([
    ['no date', {}, 'Created:    <unknown>'],
    ['no command', { config: {} }, 'Command:    <none>'],
    [
      'fields of wrong types',
      { created: 1, os: {}, config: { Env: 'x', Cmd: [1], Labels: ['a'] } },
      'Command:    <none>',
    ],
  ])('bears an image with %s', (_, config, line) => {
    expect(describeImage({ ...plain, config }, now).split('\n')).toContain(line);
  });

  it('shows a stranger’s control characters, and does not send them to the terminal', () => {
    const text = describeImage({ ...plain, config: { author: '\u001b]0;x\u0007\nName: forged' } }, now);
    expect(text).toContain('Author:     \\u001b]0;x\\u0007\\u000aName: forged\n');
  });

  it('tells what an artifact is', () => {
    const { config: _, ...artifact } = { ...plain, artifactType: 'application/vnd.cncf.helm.config.v1+json' };
    const text = describeImage(artifact, now);
    expect(text).toContain('Artifact Type: application/vnd.cncf.helm.config.v1+json\n');
    expect(text).not.toMatch(/Created|OS|Command/);
    expect(reportForPrograms(artifact)).toMatchObject({ config: null });
  });
});

it('gives programs the fields of oc, in its order', () => {
  const json = reportForPrograms(plain);
  expect(Object.keys(json)).toEqual(['name', 'digest', 'contentDigest', 'listDigest', 'mediaType', 'layers', 'config']);
  expect(json).toMatchObject({ listDigest: '', config: { os: 'linux', size: 252_002 } });
});
