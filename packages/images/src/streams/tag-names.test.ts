import type { ImageReferenceObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { referencedPart, splitImageName, splitTagName, trackedTag } from './tag-names.js';

describe('names in streams', () => {
  it.each([
    ['app:v1', { stream: 'app', part: 'v1' }],
    ['app', undefined],
    ['app:', undefined],
    [':v1', undefined],
    ['app:v1:x', undefined],
  ])('reads the tag %s', (name, expected) => {
    expect(splitTagName(name)).toEqual(expected);
  });

  it.each([
    ['app@sha256:ab', { stream: 'app', part: 'sha256:ab' }],
    ['app', undefined],
    ['app@', undefined],
    ['@sha256:ab', undefined],
    ['app@sha256:ab@x', undefined],
  ])('reads the image %s', (name, expected) => {
    expect(splitImageName(name)).toEqual(expected);
  });

  it.each<[kind: ImageReferenceObject['kind'], name: string, expected: object | undefined]>([
    ['ImageStreamTag', 'v1', { stream: 'app', part: 'v1' }],
    ['ImageStreamTag', 'other:v1', { stream: 'other', part: 'v1' }],
    ['ImageStreamTag', 'other:', undefined],
    ['ImageStreamTag', '', undefined],
    ['ImageStreamImage', 'sha256:ab', { stream: 'app', part: 'sha256:ab' }],
    ['ImageStreamImage', 'other@sha256:ab', { stream: 'other', part: 'sha256:ab' }],
    ['ImageStreamImage', '', undefined],
    ['DockerImage', 'quay.io/org/app', undefined],
  ])('follows %s "%s"', (kind, name, expected) => {
    expect(referencedPart({ kind, name }, 'app')).toEqual(expected);
  });

  it.each<[from: ImageReferenceObject | undefined, tracked: string | undefined]>([
    [undefined, undefined],
    [{ kind: 'ImageStreamTag', name: 'v1' }, 'v1'],
    [{ kind: 'ImageStreamTag', name: 'app:v1' }, 'v1'],
    [{ kind: 'ImageStreamTag', name: 'app:v1', namespace: 'proj' }, 'v1'],
    [{ kind: 'ImageStreamTag', name: 'app:v1', namespace: 'other' }, undefined],
    [{ kind: 'ImageStreamTag', name: 'other:v1' }, undefined],
    [{ kind: 'ImageStreamImage', name: 'sha256:ab' }, undefined],
  ])('tracks by %j: %s', (from, tracked) => {
    const tag = { name: 'prod', importPolicy: {}, referencePolicy: { type: 'Source' as const }, ...(from && { from }) };
    expect(trackedTag(tag, { name: 'app', namespace: 'proj' })).toBe(tracked);
  });
});
