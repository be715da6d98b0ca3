import type { ImageStream } from '@longshore/kube';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logTagChanges, TAG_LOG_ANNOTATION, tagLog, type TagChange } from './tag-log.js';

const streamWith = (annotations?: Record<string, string>): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'app', namespace: 'proj', ...(annotations && { annotations }) },
  spec: { lookupPolicy: { local: false } },
  status: { dockerImageRepository: '' },
});

const change = (tag: string): TagChange => ({
  tag,
  image: 'i',
  generation: 1,
  user: 'ann "a"',
  source: 'push',
  at: 't',
});
const tagsOf = (stream: ImageStream) => tagLog(stream).map(({ tag }) => tag);

it('remembers the newest changes, the newest first, however the stream came along', () => {
  const steps = fc.array(fc.record({ count: fc.nat(30), isRead: fc.boolean() }), { maxLength: 12 });
  fc.assert(
    fc.property(steps, (steps) => {
      let stream = streamWith({ mine: 'x' });
      const all: string[] = [];
      for (const { count, isRead } of steps) {
        const tags = Array.from({ length: count }, (_, at) => `v${all.length + at}`);
        if (isRead) stream = JSON.parse(JSON.stringify(stream)) as ImageStream;
        logTagChanges(stream, tags.map(change));
        all.unshift(...tags.toReversed());
        expect(tagLog(stream)).toEqual(all.slice(0, 50).map(change));
      }
      expect(stream.metadata.annotations).toMatchObject({ mine: 'x' });
    }),
  );
});

it.each([
  ['no list', '{}'],
  ['no JSON', '[{'],
])('begins anew where there is %s', (_what, text) => {
  const stream = streamWith({ [TAG_LOG_ANNOTATION]: text });
  expect(tagLog(stream)).toEqual([]);
  logTagChanges(stream, [change('v1')]);
  expect(tagsOf(stream)).toEqual(['v1']);
});

it('takes what stands there, also when somebody else wrote it', () => {
  const stream = streamWith();
  logTagChanges(stream, [change('v1')]);
  Object.assign(stream.metadata.annotations ?? {}, { [TAG_LOG_ANNOTATION]: JSON.stringify([change('other')]) });
  logTagChanges(stream, [change('v2')]);
  expect(tagsOf(stream)).toEqual(['v2', 'other']);
});
