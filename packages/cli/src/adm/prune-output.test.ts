import { expect, it } from 'vitest';
import { describeStep, describeSummary } from './prune-output.js';

const none = { images: 0, items: 0, streams: 0, layerLinks: 0, manifestLinks: 0, blobs: 0, failures: 0 };

it('words steps as oc does', () => {
  const digest = 'sha256:1';
  expect(
    [
      { kind: 'items', stream: 'ns/app', count: 2 } as const,
      { kind: 'layer link', repository: 'ns/app', digest } as const,
      { kind: 'manifest link', repository: 'ns/app', digest } as const,
      { kind: 'blob', digest } as const,
      { kind: 'image', digest } as const,
    ].map(describeStep),
  ).toEqual([
    'Deleting 2 items from image stream ns/app',
    'Deleting layer link sha256:1 in repository ns/app',
    'Deleting manifest link sha256:1 in repository ns/app',
    'Deleting blob sha256:1',
    'Deleting image sha256:1',
  ]);
});

it.each([
  [none, 'Summary: deleted 0 objects'],
  [{ ...none, images: 1 }, 'Summary: deleted 1 image object(s)'],
  [
    { images: 1, items: 2, streams: 3, layerLinks: 4, manifestLinks: 5, blobs: 6, failures: 7 },
    'Summary: deleted 1 image object(s), deleted 2 image stream tag item(s), updated 3 image stream(s), ' +
      'deleted 4 layer link(s), deleted 5 manifest link(s), deleted 6 blob(s)',
  ],
])('sums up %j', (summary, text) => {
  expect(describeSummary(summary)).toBe(text);
});
