import type { ImageStream } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { resolveImage } from './tag-resolution.js';

const ONE = `sha256:1${'0'.repeat(63)}`;
const OWN = 'registry.example.com:5000/proj/app';
const FOREIGN = 'quay.io/a/b';

/** A stream with a tag for each event, the oldest first. */
function streamOf(...repositories: readonly string[]): ImageStream {
  const tags = repositories.map((repository, at) => ({
    tag: `t${at}`,
    items: [
      {
        created: `2026-01-0${at + 1}T00:00:00Z`,
        dockerImageReference: `${repository}@${ONE}`,
        image: ONE,
        generation: 1,
      },
    ],
  }));
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'app', namespace: 'proj' },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: OWN, tags },
  };
}

describe('an image that a stream has', () => {
  it.each([
    ['several times: the newest', [FOREIGN, 'quay.io/c/d'], 'quay.io/c/d'],
    ['in the registry of the cluster, and later from elsewhere: its own', [OWN, FOREIGN], OWN],
    ['from elsewhere, and later in the registry of the cluster: its own', [FOREIGN, OWN], OWN],
    ['only from elsewhere', [FOREIGN], FOREIGN],
  ])('%s', (_what, repositories, expected) => {
    expect(resolveImage(streamOf(...repositories), '1000').dockerImageReference).toBe(`${expected}@${ONE}`);
  });
});
