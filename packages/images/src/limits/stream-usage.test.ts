import type { ImageReferenceObject, ImageStream, TagEvent } from '@longshore/kube';
import { expect, it } from 'vitest';
import { streamUsage } from './stream-usage.js';

const event = (image: string, dockerImageReference = 'quay.io/a'): TagEvent => ({
  created: '',
  dockerImageReference,
  image,
  generation: 1,
});

function streamOf(tags: (ImageReferenceObject | undefined)[], items: (TagEvent[] | null)[]): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: 'proj', name: 'app' },
    spec: {
      lookupPolicy: { local: false },
      tags: tags.map((from, at) => ({
        name: `t${at}`,
        importPolicy: {},
        referencePolicy: { type: 'Source' },
        ...(from && { from }),
      })),
    },
    status: { dockerImageRepository: '', tags: items.map((items, at) => ({ tag: `t${at}`, items })) },
  };
}

it.each<[what: string, stream: ImageStream | undefined, images: number, tags: number]>([
  ['no stream', undefined, 0, 0],
  ['push-only tags', streamOf([undefined, undefined], []), 0, 0],
  [
    'one tag by several names',
    streamOf(
      [
        { kind: 'ImageStreamTag', name: 'v1' },
        { kind: 'ImageStreamTag', name: 'app:v1' },
        { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'proj' },
      ],
      [],
    ),
    0,
    1,
  ],
  [
    'tags of different streams and kinds',
    streamOf(
      [
        { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'other' },
        { kind: 'ImageStreamTag', name: 'app:v1' },
        { kind: 'DockerImage', name: 'app:v1' },
        { kind: 'DockerImage', name: 'app:v1', namespace: 'other' },
      ],
      [],
    ),
    0,
    3,
  ],
  ['images of all histories', streamOf([], [[event('a'), event('b')], [event('a')], null]), 2, 0],
  ['images that are not known yet', streamOf([], [[event('', 'quay.io/a'), event('', 'quay.io/b')]]), 2, 0],
])('%s', (_what, stream, images, tags) => {
  expect(streamUsage(stream)).toEqual({ images, tags });
});
