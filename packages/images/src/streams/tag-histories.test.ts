import type { ImageStream, TagEvent, TagReference } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENTS_PER_STREAM, MAX_EVENTS_PER_TAG, mergeEvent, TagHistories } from './tag-histories.js';
import { trackedTag } from './tag-names.js';

const event = (reference: string, image: string, generation: number, created = `t${generation}`): TagEvent => ({
  created,
  dockerImageReference: reference,
  image,
  generation,
});

const tracking = (name: string, target: string): TagReference => ({
  name,
  from: { kind: 'ImageStreamTag', name: target },
  importPolicy: {},
  referencePolicy: { type: 'Source' },
});

const streamWith = (...tags: TagReference[]): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'app', namespace: 'proj' },
  spec: { lookupPolicy: { local: false }, tags },
  status: { dockerImageRepository: '' },
});

describe('mergeEvent (registry.md 3.4)', () => {
  const first = event('r1', 'i1', 1);
  it.each<[what: string, items: TagEvent[], next: TagEvent, merged: TagEvent[] | undefined]>([
    ['the first event', [], first, [first]],
    ['the same', [first], event('r1', 'i1', 1, 'later'), undefined],
    ['another generation', [first], event('r1', 'i1', 2), [event('r1', 'i1', 2, 't1')]],
    ['another image of the same reference', [first], event('r1', 'i2', 2), [event('r1', 'i2', 2, 't1')]],
    ['another reference of the same image', [first], event('r2', 'i1', 2), [event('r2', 'i1', 2, 't1')]],
    ['something else', [first], event('r2', 'i2', 2), [event('r2', 'i2', 2), first]],
    [
      'what becomes what it was before',
      [event('r2', 'i1', 2), event('r2', 'i2', 1)],
      event('r2', 'i2', 3),
      [event('r2', 'i2', 3, 't2')],
    ],
  ])('%s', (_what, items, next, merged) => {
    expect(mergeEvent(items, next)).toEqual(merged);
  });
});

describe('TagHistories', () => {
  it('keeps lists sorted by tag and leaves those that it was given as they are', () => {
    const stream = streamWith();
    stream.status.tags = [{ tag: 'b', items: [event('r', 'i', 1)] }];
    const before = structuredClone(stream.status.tags);
    const given = stream.status.tags;
    const histories = new TagHistories(stream);
    for (const tag of ['c', 'a', 'b']) histories.add(tag, event('r2', 'i2', 2));
    expect(stream.status.tags.map(({ tag }) => tag)).toEqual(['a', 'b', 'c']);
    expect(given).toEqual(before);
  });

  it('clears conditions with each change, and only then', () => {
    const stream = streamWith();
    const histories = new TagHistories(stream);
    const condition = { type: 'ImportSuccess', status: 'False', generation: 1 } as const;
    histories.setCondition('v1', condition);
    expect(stream.status.tags).toEqual([{ tag: 'v1', items: [], conditions: [condition] }]);
    histories.add('v1', event('r', 'i', 1));
    expect(histories.list('v1')?.conditions).toBeUndefined();
    histories.setCondition('v1', condition);
    histories.add('v1', event('r', 'i', 1));
    expect(histories.list('v1')?.conditions).toEqual([condition]);
  });

  it('lets tags follow through others, in circles too', () => {
    const stream = streamWith(tracking('b', 'a'), tracking('c', 'app:b'), tracking('a', 'c'), tracking('x', 'other:a'));
    const histories = new TagHistories(stream);
    expect(histories.add('a', event('r', 'i', 3)).sort()).toEqual(['a', 'b', 'c']);
    expect(histories.newest('c')).toEqual(event('r', 'i', 3));
    expect(histories.newest('x')).toBeUndefined();
  });

  it('forgets the oldest events of a tag', () => {
    const histories = new TagHistories(streamWith());
    for (let at = 0; at < MAX_EVENTS_PER_TAG + 2; at++) histories.add('v1', event(`r${at}`, `i${at}`, 1));
    expect(histories.list('v1')?.items).toHaveLength(MAX_EVENTS_PER_TAG);
    expect(histories.newest('v1')?.image).toBe(`i${MAX_EVENTS_PER_TAG + 1}`);
  });

  it('forgets the oldest events of the longest histories, but never the newest of a tag', () => {
    const stream = streamWith();
    const histories = new TagHistories(stream);
    for (let at = 0; at < 5; at++) histories.add('long', event(`r${at}`, `i${at}`, 1));
    for (let at = 0; at < MAX_EVENTS_PER_STREAM; at++) histories.add(`t${at}`, event('r', 'i', 1));
    expect(histories.list('long')?.items).toEqual([event('r4', 'i4', 1)]);
    expect(stream.status.tags).toHaveLength(MAX_EVENTS_PER_STREAM + 1);
  });
});

const TAGS = ['a', 'b', 'c', 'd'];
const action = fc.oneof(
  fc.record({ do: fc.constant('push' as const), tag: fc.constantFrom(...TAGS), image: fc.nat(3), ref: fc.nat(2) }),
  fc.record({ do: fc.constant('fail' as const), tag: fc.constantFrom(...TAGS) }),
  fc.record({ do: fc.constant('remove' as const), tag: fc.constantFrom(...TAGS) }),
);
const edges = fc.uniqueArray(fc.tuple(fc.constantFrom(...TAGS), fc.constantFrom(...TAGS)), {
  selector: ([tag]) => tag,
});

describe('tag histories under random pushes, failed imports and deletions', () => {
  it('hold what registry.md 3.4 promises', () => {
    fc.assert(
      fc.property(edges, fc.array(action, { maxLength: 40 }), (edges, actions) => {
        const stream = streamWith(...edges.map(([tag, target]) => tracking(tag, target)));
        let histories = new TagHistories(stream);
        for (const [time, action] of actions.entries()) {
          const given = stream.status.tags ?? [];
          const before = structuredClone(given);
          // Each write reads the stream anew.
          histories = new TagHistories(stream);
          if (action.do === 'remove') {
            expect(histories.remove(action.tag)).toBe(before.some(({ tag }) => tag === action.tag));
            expect(stream.status.tags?.some(({ tag }) => tag === action.tag)).toBe(false);
          } else if (action.do === 'fail') {
            histories.setCondition(action.tag, { type: 'ImportSuccess', status: 'False', generation: time });
            const items = before.find(({ tag }) => tag === action.tag)?.items ?? [];
            expect(histories.list(action.tag)?.items).toEqual(items);
          } else {
            const next = event(`r${action.ref}`, `i${action.image}`, time);
            const changed = histories.add(action.tag, next);
            checkPush(stream, histories, action.tag, next, changed);
          }
          expect(given).toEqual(before);
          checkLists(stream, time);
        }
      }),
    );
  });
});

function checkPush(stream: ImageStream, histories: TagHistories, tag: string, next: TagEvent, changed: string[]): void {
  expect(histories.newest(tag)).toMatchObject({ image: next.image, dockerImageReference: next.dockerImageReference });
  for (const name of changed) {
    expect(histories.list(name)?.conditions).toBeUndefined();
    for (const reference of stream.spec.tags ?? []) {
      if (trackedTag(reference, stream.metadata) !== name) continue;
      // Whoever follows has what it follows.
      const { image, dockerImageReference } = histories.newest(reference.name) ?? {};
      expect({ image, dockerImageReference }).toEqual({
        image: next.image,
        dockerImageReference: next.dockerImageReference,
      });
    }
  }
}

function checkLists({ status: { tags = [] } }: ImageStream, generation: number): void {
  expect(tags.map(({ tag }) => tag)).toEqual([...new Set(tags.map(({ tag }) => tag))].sort());
  for (const { items } of tags) {
    const events = items ?? [];
    for (const [at, item] of events.entries()) {
      expect(item.generation).toBeLessThanOrEqual(generation);
      const older = events[at + 1];
      if (older === undefined) continue;
      expect([older.image, older.dockerImageReference]).not.toEqual([item.image, item.dockerImageReference]);
      // Newest first: `created` is `t<time>`.
      expect(Number(older.created.slice(1))).toBeLessThan(Number(item.created.slice(1)));
    }
  }
}
