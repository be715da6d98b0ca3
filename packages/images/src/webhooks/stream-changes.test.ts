import type { ImageStream } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { logTagChanges, type TagChange } from '../streams/tag-log.js';
import { digestOf, imageStream } from '../testing/workload-server.js';
import { streamChanges } from './stream-changes.js';

function stream(tags: Record<string, string>, from: Record<string, string> = {}): ImageStream {
  const spec = Object.entries(from).map(([name, kind]) => ({ name, from: { kind: kind as 'DockerImage', name: 'x' } }));
  const made = imageStream('shop', 'app', tags, { spec });
  made.metadata = { ...made.metadata, uid: 'u', resourceVersion: '7' };
  return made;
}

function logged(tags: Record<string, string>, change: Partial<TagChange>): ImageStream {
  const made = stream(tags);
  logTagChanges(made, [
    {
      tag: 'v1',
      image: digestOf('b'),
      generation: 1,
      user: 'ann',
      source: 'push',
      at: '2026-02-02T00:00:00Z',
      ...change,
    },
  ]);
  return made;
}

function referenceOnly(): ImageStream {
  const made = stream({ v1: 'a' });
  for (const { items } of made.status.tags ?? []) for (const event of items ?? []) event.image = '';
  return made;
}

const base = { namespace: 'shop', stream: 'app', uid: 'u', version: '7' };
const came = (tag: string, character: string) => ({
  ...base,
  tag,
  digest: digestOf(character),
  reference: `quay.io/shop/app@${digestOf(character)}`,
  time: '2026-01-02T03:04:05Z',
});

describe('streamChanges', () => {
  it.each<[string, ImageStream | undefined, ImageStream | undefined, object[]]>([
    ['nothing new', stream({ v1: 'a' }), stream({ v1: 'a' }), []],
    ['a new stream without tags', undefined, stream({}), []],
    ['a new stream with a tag', undefined, stream({ v1: 'a' }), [{ ...came('v1', 'a'), cause: 'push' }]],
    [
      'another image',
      stream({ v1: 'a', v2: 'a' }),
      stream({ v1: 'b', v2: 'a' }),
      [{ ...came('v1', 'b'), cause: 'push', previousDigest: digestOf('a') }],
    ],
    [
      'an imported tag',
      stream({}),
      stream({ v1: 'a' }, { v1: 'DockerImage' }),
      [{ ...came('v1', 'a'), cause: 'import' }],
    ],
    ['a copied tag', stream({}), stream({ v1: 'a' }, { v1: 'ImageStreamTag' }), [{ ...came('v1', 'a'), cause: 'tag' }]],
    [
      'what the stream remembers',
      stream({ v1: 'a' }),
      logged({ v1: 'b' }, { source: 'import' }),
      [{ ...came('v1', 'b'), cause: 'import', user: 'ann', previousDigest: digestOf('a') }],
    ],
    [
      'for whom the registry acted',
      stream({}),
      logged({ v1: 'b' }, { user: 'registry', onBehalfOf: 'bob' }),
      [{ ...came('v1', 'b'), cause: 'push', user: 'registry', onBehalfOf: 'bob' }],
    ],
    [
      'not what it remembers of another image',
      stream({ v1: 'a' }),
      logged({ v1: 'c' }, { source: 'import' }),
      [{ ...came('v1', 'c'), cause: 'push', previousDigest: digestOf('a') }],
    ],
    [
      'a deleted tag',
      stream({ v1: 'a' }),
      stream({}),
      [{ ...base, cause: 'delete', tag: 'v1', previousDigest: digestOf('a') }],
    ],
    [
      'who deleted a tag',
      stream({ v1: 'a' }),
      logged({}, { source: 'delete', image: '' }),
      [
        {
          ...base,
          cause: 'delete',
          tag: 'v1',
          previousDigest: digestOf('a'),
          user: 'ann',
          time: '2026-02-02T00:00:00Z',
        },
      ],
    ],
    ['nothing of a tag without an image', stream({}), referenceOnly(), []],
    ['a deleted stream', stream({ v1: 'a', v2: 'b' }), undefined, [{ ...base, cause: 'delete' }]],
  ])('tells %s', (_name, old, now, changes) => {
    expect(streamChanges(old, now)).toEqual(changes);
  });
});
