import type { ImageStream, TagEvent } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { expect, it } from 'vitest';
import { viewStream } from './stream-view.js';

const one = digestOf(Buffer.from('one'));
const two = digestOf(Buffer.from('two'));
const event = (image: string, dockerImageReference: string, created = '2026-01-01T00:00:00Z'): TagEvent => ({
  image,
  dockerImageReference,
  created,
  generation: 1,
});

function stream(tags: Record<string, TagEvent[] | null>, changes: Partial<ImageStream> = {}): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'app', namespace: 'shop', uid: 'u', resourceVersion: '7' },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: '', tags: Object.entries(tags).map(([tag, items]) => ({ tag, items })) },
    ...changes,
  };
}

it('knows the newest image of each tag that has one', () => {
  const { tags, resourceVersion, uid } = viewStream(
    stream({ v1: [event(two, 'h/a'), event(one, 'h/a')], empty: [], none: null, reference: [event('', 'h/a:v1')] }),
  );
  expect([...tags]).toEqual([['v1', two]]);
  expect([uid, resourceVersion]).toEqual(['u', '7']);
});

it('knows where images came from, newest first, each once', () => {
  const { sources } = viewStream(
    stream({
      a: [event(one, `quay.io:443/team/app@${one}`, '2026-01-02T00:00:00Z')],
      b: [event(two, 'docker.io/library/busybox:1', '2026-01-03T00:00:00Z'), event(one, `quay.io:443/team/app@${one}`)],
      c: [event(one, '')],
    }),
  );
  expect(sources).toEqual([
    { repository: 'docker.io/library/busybox', insecure: false },
    { repository: 'quay.io:443/team/app', insecure: false },
  ]);
});

it.each<[string, Partial<ImageStream>, boolean[]]>([
  ['by its tag', { spec: { lookupPolicy: { local: false }, tags: [insecureTag('a')] } }, [true, false]],
  ['by another tag', { spec: { lookupPolicy: { local: false }, tags: [insecureTag('x')] } }, [false, false]],
  [
    'by the stream',
    { metadata: { name: 'app', annotations: { 'openshift.io/image.insecureRepository': 'true' } } },
    [true, true],
  ],
])('lets a source be insecure %s', (_, changes, insecure) => {
  const tags = { a: [event(one, 'h/a', '2026-01-02T00:00:00Z')], b: [event(one, 'h/b')] };
  expect(viewStream(stream(tags, changes)).sources.map((source) => source.insecure)).toEqual(insecure);
});

function insecureTag(name: string) {
  return { name, importPolicy: { insecure: true }, referencePolicy: { type: 'Source' as const } };
}

it('keeps a bounded number of sources', () => {
  const items = Array.from({ length: 100 }, (_, index) => event(one, `h${index}/a`));
  expect(viewStream(stream({ v1: items })).sources).toHaveLength(32);
});
