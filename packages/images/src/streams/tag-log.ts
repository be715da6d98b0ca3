import type { ImageStream } from '@longshore/kube';

/** Who changed which tag and why: the newest changes of a stream as a JSON list, newest first. Only the server writes it. */
export const TAG_LOG_ANNOTATION = 'image.longshore.dev/tag-log';
const MAX_ENTRIES = 50;

export interface TagChange {
  tag: string;
  /** Digest; empty when the tag was deleted. */
  image: string;
  generation: number;
  user: string;
  /** For whom the user acted, as it says itself. */
  onBehalfOf?: string;
  source: 'push' | 'import' | 'tag' | 'delete';
  at: string;
}

/** The changes that a stream remembers, newest first; none when the annotation is missing or spoiled. */
export function tagLog({ metadata: { annotations } }: ImageStream): TagChange[] {
  try {
    const log: unknown = JSON.parse(annotations?.[TAG_LOG_ANNOTATION] ?? '[]');
    return Array.isArray(log) ? (log as TagChange[]) : [];
  } catch {
    return [];
  }
}

/** Remembers changes, the last of which is the newest. Changes the stream in place. */
export function logTagChanges(stream: ImageStream, changes: readonly TagChange[]): void {
  if (changes.length === 0) return;
  const log = [...changes.slice(-MAX_ENTRIES).reverse(), ...tagLog(stream)].slice(0, MAX_ENTRIES);
  stream.metadata.annotations = { ...stream.metadata.annotations, [TAG_LOG_ANNOTATION]: JSON.stringify(log) };
}
