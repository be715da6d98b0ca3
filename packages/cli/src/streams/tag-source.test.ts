import type { ImageStream } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { currentImage, isUnfinished, readTagSource } from './tag-source.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('readTagSource', () => {
  it.each([
    ['app:v1', undefined, { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'shop' }],
    ['test/app:v1', undefined, { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'test' }],
    [`app@${DIGEST}`, undefined, { kind: 'ImageStreamImage', name: `app@${DIGEST}`, namespace: 'shop' }],
    ['app@sha256:a1', undefined, { kind: 'ImageStreamImage', name: 'app@sha256:a1', namespace: 'shop' }],
    ['test/app@sha256:a1', 'isimage', { kind: 'ImageStreamImage', name: 'app@sha256:a1', namespace: 'test' }],
    ['quay.io/org/app:v1', undefined, { kind: 'DockerImage', name: 'quay.io/org/app:v1' }],
    ['busybox', undefined, { kind: 'DockerImage', name: 'busybox' }],
    ['org/app:v1', 'docker', { kind: 'DockerImage', name: 'org/app:v1' }],
    ['app:v1', 'istag', { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'shop' }],
  ])('reads %s with --source=%s', (text, asked, source) => {
    expect(readTagSource(text, asked, 'shop')).toEqual(source);
  });

  it.each([
    ['app', 'istag', '--source=ImageStreamTag requires a valid <name>:<tag> in SourceTag'],
    ['app:v1', 'isimage', '--source=ImageStreamImage requires a valid <name>@<id> in SourceTag'],
    ['quay.io/org/app:v1', 'istag', 'server in SourceTag is only allowed when providing a Docker image'],
    ['app:v1', 'pod', 'invalid source "pod"; valid values are imagestreamtag, istag'],
    ['App:v1', undefined, 'upper-case letters'],
    ['quay.io/org/app@sha256:a1', undefined, 'digest'],
    ['org/app@sha256:a1', 'docker', 'digest'],
    ['quay.io/org/app@sha256:a1', 'isimage', 'server in SourceTag is only allowed'],
    ['app@sha256:a1', 'istag', 'requires a valid <name>:<tag>'],
    ['app@sha256:', undefined, 'digest'],
    [`app@${DIGEST}a`, undefined, 'digest'],
    ['app@sha256:a1@sha256:a1', undefined, 'digest'],
  ])('refuses %s with --source=%s', (text, asked, message) => {
    expect(() => readTagSource(text, asked, 'shop')).toThrow(message);
  });
});

it.each<[string, boolean]>([
  ['app@sha256:a1', true],
  [`app@${DIGEST}`, false],
  ['app:v1', false],
])('isUnfinished(%s): %s', (text, expected) => {
  expect(isUnfinished(readTagSource(text, undefined, 'shop'))).toBe(expected);
});

describe('currentImage', () => {
  const source = { kind: 'ImageStreamTag' as const, name: 'app:v1', namespace: 'shop' };
  const stream = (image: string): ImageStream => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {},
    spec: { lookupPolicy: { local: false } },
    status: {
      dockerImageRepository: '',
      tags: [{ tag: 'v1', items: [{ created: '', dockerImageReference: 'quay.io/org/app:v1', image, generation: 1 }] }],
    },
  });

  it('fixes a tag to its image', () => {
    const fixed = { kind: 'ImageStreamImage', name: `app@${DIGEST}`, namespace: 'shop' };
    expect(currentImage(stream(DIGEST), source, 'app:v1')).toEqual(fixed);
    expect(currentImage(stream(''), source, 'app:v1')).toEqual({ kind: 'DockerImage', name: 'quay.io/org/app:v1' });
  });

  it.each([undefined, { ...stream(DIGEST), status: { dockerImageRepository: '' } }])('needs one', (of) => {
    expect(() => currentImage(of, source, 'app:v1')).toThrow(
      '"app:v1" is not currently pointing to an image, cannot use it as the source of a tag',
    );
  });
});
