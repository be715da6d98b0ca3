import type { TableColumn } from '@longshore/apiserver';
import type { ImageStreamImage, ImageStreamTag, ImageTag } from '@longshore/kube';
import { relativeTime } from './relative-time.js';
import { referencedPart } from './tag-names.js';

/** Columns of ImageStreamTags and ImageStreamImages (registry.md 3.6). */
export const imageColumns: readonly TableColumn<ImageStreamTag | ImageStreamImage>[] = [
  { name: 'Image Reference', type: 'string', value: ({ image }) => image?.dockerImageReference ?? '' },
  { name: 'Updated', type: 'string', value: ({ metadata }, now) => relativeTime(metadata.creationTimestamp, now) },
  { name: 'Image Name', type: 'string', priority: 1, value: ({ image }) => image?.metadata?.name ?? '' },
];

/** Columns of ImageTags. */
export const imageTagColumns: readonly TableColumn<ImageTag>[] = [
  { name: 'Spec', type: 'string', value: specText },
  { name: 'Status', type: 'string', value: statusText },
  { name: 'History', type: 'integer', value: ({ status }) => status?.items?.length ?? 0 },
  { name: 'Updated', type: 'string', value: ({ status }, now) => relativeTime(status?.items?.[0]?.created, now) },
];

/** How a tag gets its images. */
function specText({ spec, status }: ImageTag): string {
  if (!spec?.from) return spec || (status?.items ?? []).length > 0 ? 'Push' : '';
  if (spec.reference) return 'Ref';
  if (spec.from.kind !== 'DockerImage') return 'Track';
  return spec.importPolicy?.scheduled ? 'Scheduled' : 'Tag';
}

function statusText({ spec, status }: ImageTag): string {
  const newest = status?.items?.[0];
  const failure = status?.conditions?.find(({ type, status }) => type === 'ImportSuccess' && status === 'False');
  const seen = Math.max(newest?.generation ?? 0, ...(status?.conditions ?? []).map(({ generation }) => generation));
  if (spec?.from && !spec.reference) {
    if (spec.from.kind === 'DockerImage') {
      if ((spec.generation ?? 0) > seen) return 'Importing';
    } else if (spec.from.kind !== 'ImageStreamTag' && spec.from.kind !== 'ImageStreamImage') return 'InvalidRefKind';
    else if (newest === undefined || referencedPart(spec.from, 'this') === undefined) return 'InvalidRefName';
  }
  if (failure !== undefined) return `ImportFailed (${failure.reason ?? ''})`;
  if (newest === undefined) return '';
  return newest.image === '' ? newest.dockerImageReference : `image/${newest.image}`;
}
