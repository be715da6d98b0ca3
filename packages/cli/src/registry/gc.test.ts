import type { GcReport } from '@longshore/registry';
import { parseDigest } from '@longshore/oci';
import { expect, it } from 'vitest';
import { describeGc } from './gc.js';

const digest = parseDigest(`sha256:${'ab'.repeat(32)}`);
const nothing: GcReport = {
  repositories: 0,
  manifestsKept: 0,
  manifestsDeleted: [],
  linksDeleted: 0,
  blobsKept: 0,
  blobsDeleted: [],
  bytesFreed: 0,
};
const something: GcReport = {
  repositories: 1,
  manifestsKept: 2,
  manifestsDeleted: [{ repository: 'team/app', digest }],
  linksDeleted: 3,
  blobsKept: 4,
  blobsDeleted: [digest],
  bytesFreed: 2048,
};

it.each([
  [
    'a collection that found nothing',
    describeGc(nothing, false),
    ['kept 0 repositories, 0 manifests, 0 blobs', 'deleted 0 manifests, 0 layer links, 0 blobs: 0 B'],
  ],
  [
    'a collection',
    describeGc(something, false),
    [
      `deleted manifest team/app@${digest}`,
      `deleted blob ${digest}`,
      'kept 1 repository, 2 manifests, 4 blobs',
      'deleted 1 manifest, 3 layer links, 1 blob: 2.0 KiB',
    ],
  ],
  [
    'a dry run',
    describeGc(something, true),
    [
      `would delete manifest team/app@${digest}`,
      `would delete blob ${digest}`,
      'kept 1 repository, 2 manifests, 4 blobs',
      'would delete 1 manifest, 3 layer links, 1 blob: 2.0 KiB',
    ],
  ],
])('describes %s', (_, text, lines) => {
  expect(text).toBe(`${lines.join('\n')}\n`);
});
