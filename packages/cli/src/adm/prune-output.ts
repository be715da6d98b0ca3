import type { PruneStep, PruneSummary } from '@longshore/images';

/** What stands on standard error when nothing is changed (registry.md 8.1). */
export const DRY_RUN_NOTICE = 'Dry run enabled - no modifications will be made. Add --confirm to remove images';

/** The line that tells of a step, as `oc` words it (registry.md 8.2 step 6). */
export function describeStep(step: PruneStep): string {
  switch (step.kind) {
    case 'items':
      return `Deleting ${step.count} items from image stream ${step.stream}`;
    case 'layer link':
    case 'manifest link':
      return `Deleting ${step.kind} ${step.digest} in repository ${step.repository}`;
    case 'blob':
    case 'image':
      return `Deleting ${step.kind} ${step.digest}`;
  }
}

/** `Summary: deleted 2 image object(s), …` */
export function describeSummary(summary: PruneSummary): string {
  const parts: [count: number, text: string][] = [
    [summary.images, `deleted ${summary.images} image object(s)`],
    [summary.items, `deleted ${summary.items} image stream tag item(s)`],
    [summary.streams, `updated ${summary.streams} image stream(s)`],
    [summary.layerLinks, `deleted ${summary.layerLinks} layer link(s)`],
    [summary.manifestLinks, `deleted ${summary.manifestLinks} manifest link(s)`],
    [summary.blobs, `deleted ${summary.blobs} blob(s)`],
  ];
  const told = parts.filter(([count]) => count > 0).map(([, text]) => text);
  return `Summary: ${told.length === 0 ? 'deleted 0 objects' : told.join(', ')}`;
}

/** What is said of references that cannot be understood. */
export function describeInvalid(references: readonly string[]): string {
  return [
    'Failed to build graph!',
    '',
    'These objects refer to images in a way that cannot be understood:',
    '',
    ...references.map((reference) => `  ${reference}`),
    '',
    'Mend or delete them, or add --ignore-invalid-refs to go on without them.',
    '',
  ].join('\n');
}
