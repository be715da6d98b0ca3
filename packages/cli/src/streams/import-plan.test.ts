import type { ImageStream, TagReference } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { planImport, type ImportWish } from './import-plan.js';

const docker = (name: string, from: string, more: Partial<TagReference> = {}): TagReference => ({
  name,
  from: { kind: 'DockerImage', name: from },
  importPolicy: {},
  referencePolicy: { type: 'Source' },
  ...more,
});
const tracking = (name: string, target: string): TagReference => ({
  ...docker(name, ''),
  from: { kind: 'ImageStreamTag', name: target },
});

const stream = (tags: TagReference[], dockerImageRepository?: string): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'app', namespace: 'shop' },
  spec: { lookupPolicy: { local: false }, tags, ...(dockerImageRepository !== undefined && { dockerImageRepository }) },
  status: { dockerImageRepository: '' },
});

const wish = (tag: string | undefined, more: Partial<ImportWish> = {}): ImportWish => ({
  target: { namespace: 'shop', stream: 'app', tag: tag ?? 'latest' },
  hasTag: tag !== undefined,
  ...more,
});

const known = stream([
  docker('v1', 'quay.io/org/app:v1', { importPolicy: { scheduled: true } }),
  tracking('prod', 'v1'),
]);
const image = (tag: string, name: string, importPolicy = {}, type = 'Source') => ({
  from: { kind: 'DockerImage', name },
  to: { name: tag },
  importPolicy,
  referencePolicy: { type },
});

describe('planImport', () => {
  it.each([
    [
      'a tag of the stream, with its policies',
      known,
      wish('v1'),
      [image('v1', 'quay.io/org/app:v1', { scheduled: true })],
    ],
    ['what a tag tracks', known, wish('prod'), [image('v1', 'quay.io/org/app:v1', { scheduled: true })]],
    [
      'with other policies',
      known,
      wish('v1', { insecure: true, referencePolicy: 'local', importMode: 'PreserveOriginal' as const }),
      [image('v1', 'quay.io/org/app:v1', { scheduled: true, insecure: true, importMode: 'PreserveOriginal' }, 'Local')],
    ],
    [
      'the same source named',
      known,
      wish('v1', { from: 'quay.io/org/app:v1' }),
      [image('v1', 'quay.io/org/app:v1', { scheduled: true })],
    ],
    ['a new tag from a source', known, wish('v2', { from: 'quay.io/org/app:v2' }), [image('v2', 'quay.io/org/app:v2')]],
    [
      'a new stream',
      undefined,
      wish('v1', { from: 'quay.io/org/app:v1', confirm: true }),
      [image('v1', 'quay.io/org/app:v1')],
    ],
    ['all tags', known, wish(undefined, { all: true }), [image('v1', 'quay.io/org/app:v1', { scheduled: true })]],
  ])('imports %s', (_, of, asked, images) => {
    expect(planImport(of, asked)).toEqual({ images });
  });

  it.each([
    ['a repository that is named', known, wish(undefined, { all: true, from: 'quay.io/org/app' })],
    ['that of the stream', stream([], 'quay.io/org/app'), wish(undefined, { all: true })],
    ['that of the stream without --all', stream([], 'quay.io/org/app'), wish(undefined)],
    ['that of a new stream', undefined, wish(undefined, { all: true, from: 'quay.io/org/app', confirm: true })],
  ])('imports %s whole', (_, of, asked) => {
    expect(planImport(of, asked)).toMatchObject({
      repository: { from: { kind: 'DockerImage', name: 'quay.io/org/app' } },
    });
  });

  it.each([
    [undefined, wish('v1'), 'no image stream named "app" exists, pass --confirm to create and import'],
    [
      known,
      wish('v2'),
      `the tag "v2" does not exist on the image stream - choose an existing tag to import or use the 'tag' command to create a new tag`,
    ],
    [known, wish('v1', { all: true }), 'cannot specify a tag "v1" as well as --all'],
    [
      known,
      wish('v1', { from: 'quay.io/org/other:v1' }),
      `the tag "v1" points to "quay.io/org/app:v1" - use the 'tag' command if you want to change the source to "quay.io/org/other:v1"`,
    ],
    [
      known,
      wish(undefined, { all: true, from: `quay.io/a@sha256:${'0'.repeat(64)}` }),
      "to import images by ID, use the 'tag' command",
    ],
    [
      stream([]),
      wish(undefined, { all: true }),
      'image stream "app" has no tags that are imported from other registries',
    ],
    [stream([tracking('a', 'b'), tracking('b', 'a')]), wish('a'), 'the tag "a" points to b, which is not imported'],
  ])('refuses the rest in words (%#)', (of, asked, message) => {
    expect(() => planImport(of, asked)).toThrow(message);
  });
});
