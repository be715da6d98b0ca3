import type { TableColumn } from '@longshore/apiserver';
import type { ImageStream } from '@longshore/kube';
import { relativeTime } from './relative-time.js';

const MAX_TAGS_WIDTH = 40;

/** Columns of image streams (registry.md 3.6). */
export const streamColumns: readonly TableColumn<ImageStream>[] = [
  { name: 'Image Repository', type: 'string', value: ({ spec, status }) => repositoryOf(spec, status) },
  { name: 'Tags', type: 'string', value: ({ status }) => tagsUpToWidth((status?.tags ?? []).map(({ tag }) => tag)) },
  { name: 'Updated', type: 'string', value: (stream, now) => relativeTime(updatedAt(stream), now) },
];

function repositoryOf(spec: ImageStream['spec'], status: ImageStream['status']): string {
  return status?.publicDockerImageRepository || status?.dockerImageRepository || spec?.dockerImageRepository || '';
}

/** As many tags as fit, sorted, and how many there are more; at least one. */
function tagsUpToWidth(tags: readonly string[]): string {
  const sorted = [...tags].sort();
  let width = 0;
  const fitting = sorted.findIndex((tag) => (width += tag.length + 1) > MAX_TAGS_WIDTH);
  if (fitting < 0) return sorted.join(',');
  const shown = Math.max(fitting, 1);
  if (shown === sorted.length) return sorted.join(',');
  return `${sorted.slice(0, shown).join(',')} + ${sorted.length - shown} more...`;
}

/** When a tag changed last. */
function updatedAt({ status }: ImageStream): string | undefined {
  let latest: string | undefined;
  for (const { items } of status?.tags ?? []) {
    const created = items?.[0]?.created;
    if (created !== undefined && (latest === undefined || created > latest)) latest = created;
  }
  return latest;
}
