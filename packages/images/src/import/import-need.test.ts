import { IMAGE_ANNOTATIONS, type ImageStream, type NamedTagEventList, type TagReference } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { neededImport, scheduledTags } from './import-need.js';

const tag = (name: string, more: Partial<TagReference> = {}): TagReference => ({
  name,
  generation: 2,
  from: { kind: 'DockerImage', name: 'quay.io/team/app:v1' },
  importPolicy: {},
  referencePolicy: { type: 'Source' },
  ...more,
});

const event = (generation: number) => ({ created: '', dockerImageReference: 'r', image: 'sha256:1', generation });
const failure = (generation: number) => ({ type: 'ImportSuccess' as const, status: 'False' as const, generation });

interface Given {
  tags?: TagReference[];
  status?: NamedTagEventList[];
  repository?: string;
  unchecked?: boolean;
  deleted?: boolean;
}

function stream({ tags = [], status = [], repository, unchecked = false, deleted = false }: Given): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {
      name: 'app',
      namespace: 'proj',
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ...(!unchecked && { annotations: { [IMAGE_ANNOTATIONS.repositoryCheck]: '2026-01-01T00:00:00Z' } }),
    },
    spec: { lookupPolicy: { local: false }, tags, ...(repository && { dockerImageRepository: repository }) },
    status: { dockerImageRepository: '', tags: status },
  };
}

describe('neededImport', () => {
  it.each<[string, Given, { repository: boolean; tags: string[] } | undefined]>([
    ['a stream without anything', { unchecked: true }, undefined],
    ['a new tag', { tags: [tag('v1')] }, { repository: false, tags: ['v1'] }],
    [
      'a tag of an older import',
      { tags: [tag('v1')], status: [{ tag: 'v1', items: [event(1)] }] },
      { repository: false, tags: ['v1'] },
    ],
    ['a tag that was imported', { tags: [tag('v1')], status: [{ tag: 'v1', items: [event(2)] }] }, undefined],
    [
      'a tag that failed',
      { tags: [tag('v1')], status: [{ tag: 'v1', items: null, conditions: [failure(2)] }] },
      undefined,
    ],
    [
      'a tag that failed before it changed',
      { tags: [tag('v1', { generation: 3 })], status: [{ tag: 'v1', items: [event(1)], conditions: [failure(2)] }] },
      { repository: false, tags: ['v1'] },
    ],
    [
      'a tag without a generation',
      { tags: [tag('v1', { generation: null })], status: [{ tag: 'v1', items: [event(9)] }] },
      { repository: false, tags: ['v1'] },
    ],
    [
      'only what changed',
      { tags: [tag('v1'), tag('v2')], status: [{ tag: 'v1', items: [event(2)] }] },
      { repository: false, tags: ['v2'] },
    ],
    ['a recorded reference', { tags: [tag('v1', { reference: true })] }, undefined],
    ['a tracking tag', { tags: [tag('v1', { from: { kind: 'ImageStreamTag', name: 'v2' } })] }, undefined],
    ['a tag for pushes', { tags: [{ name: 'v1', importPolicy: {}, referencePolicy: { type: 'Source' } }] }, undefined],
    ['a repository', { repository: 'quay.io/team/app', unchecked: true }, { repository: true, tags: [] }],
    ['a repository that was looked at', { repository: 'quay.io/team/app' }, undefined],
    [
      'all again when nobody knows when it was looked at',
      { tags: [tag('v1')], status: [{ tag: 'v1', items: [event(2)] }], unchecked: true },
      { repository: false, tags: ['v1'] },
    ],
    ['a stream that goes', { tags: [tag('v1')], deleted: true }, undefined],
  ])('%s', (_what, given, expected) => {
    const needed = neededImport(stream(given));
    expect(needed && { ...needed, tags: needed.tags.map(({ name }) => name) }).toEqual(expected);
  });
});

describe('scheduledTags', () => {
  const scheduled = { importPolicy: { scheduled: true } };
  const byDigest = { ...scheduled, from: { kind: 'DockerImage' as const, name: `quay.io/a@sha256:${'1'.repeat(64)}` } };
  it.each<[string, Given, string[]]>([
    ['a scheduled tag', { tags: [tag('v1', scheduled), tag('v2')] }, ['v1']],
    [
      'a digest that is not there',
      { tags: [tag('v1', byDigest)], status: [{ tag: 'v1', items: null, conditions: [failure(2)] }] },
      ['v1'],
    ],
    ['a digest that is there', { tags: [tag('v1', byDigest)], status: [{ tag: 'v1', items: [event(2)] }] }, []],
    ['a recorded reference', { tags: [tag('v1', { ...scheduled, reference: true })] }, []],
    ['a stream that goes', { tags: [tag('v1', scheduled)], deleted: true }, []],
  ])('%s', (_what, given, names) => {
    expect(scheduledTags(stream(given)).map(({ name }) => name)).toEqual(names);
  });
});
