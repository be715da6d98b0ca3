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

type Annotations = NonNullable<ImageStream['metadata']['annotations']>;

/** The entries of logs as text, so that those of a stream that is pushed to all the time are not read and written each time. */
const entries = new WeakMap<Annotations, { log: string; texts: readonly string[] }>();

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
  const toText = (change: TagChange) => JSON.stringify(change);
  const known = entries.get(stream.metadata.annotations ?? {});
  const isKnown = known !== undefined && known.log === stream.metadata.annotations?.[TAG_LOG_ANNOTATION];
  const before = isKnown ? known.texts : tagLog(stream).map(toText);
  const texts = [...changes.slice(-MAX_ENTRIES).reverse().map(toText), ...before].slice(0, MAX_ENTRIES);
  const log = `[${texts.join(',')}]`;
  stream.metadata.annotations = { ...stream.metadata.annotations, [TAG_LOG_ANNOTATION]: log };
  entries.set(stream.metadata.annotations, { log, texts });
}
