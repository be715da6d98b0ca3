import type { ImageStream, TagEvent } from '@longshore/kube';
import { tagLog, type TagChange } from '../streams/tag-log.js';

export type ChangeCause = 'push' | 'import' | 'tag' | 'delete';

/** A tag says something else than before, or is gone; without a tag, the whole stream is gone. */
export interface StreamChange {
  namespace: string;
  stream: string;
  /** UID and resource version of the stream as it is now, or was last. */
  uid: string;
  version: string;
  cause: ChangeCause;
  tag?: string;
  /** Digest that the tag has now. */
  digest?: string;
  /** Where it came from. */
  reference?: string;
  previousDigest?: string;
  /** Where the stream knows it. */
  user?: string;
  /** For whom the user acted, as it said itself: the registry, for who pushed. */
  onBehalfOf?: string;
  /** When; unknown of deletions that the stream does not remember. */
  time?: string;
}

/** What happened to the tags of a stream between two states of it; at least one of them is given. */
export function streamChanges(old: ImageStream | undefined, now: ImageStream | undefined): StreamChange[] {
  const { metadata } = now ?? old ?? {};
  const { namespace = '', name: stream = '', uid = '', resourceVersion: version = '' } = metadata ?? {};
  const base = { namespace, stream, uid, version };
  if (now === undefined) return [{ ...base, cause: 'delete' }];
  const [before, after] = [newestEvents(old), newestEvents(now)];
  const log = tagLog(now);
  const changes: StreamChange[] = [];
  for (const [tag, event] of after) {
    const previousDigest = before.get(tag)?.image;
    if (event.image === previousDigest) continue;
    const logged = log.find((entry) => entry.tag === tag && entry.image === event.image);
    changes.push({
      ...base,
      cause: logged?.source ?? likelyCause(now, tag),
      tag,
      digest: event.image,
      reference: event.dockerImageReference,
      ...(previousDigest !== undefined && { previousDigest }),
      ...(logged && whoOf(logged)),
      time: event.created,
    });
  }
  for (const [tag, { image: previousDigest }] of before) {
    if (after.has(tag)) continue;
    const logged = log.find((entry) => entry.tag === tag && entry.source === 'delete');
    changes.push({
      ...base,
      cause: 'delete',
      tag,
      previousDigest,
      ...(logged && { ...whoOf(logged), time: logged.at }),
    });
  }
  return changes;
}

function whoOf({ user, onBehalfOf }: TagChange): Pick<StreamChange, 'user' | 'onBehalfOf'> {
  return { user, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

/** Of tags with an image; others only note a reference. */
function newestEvents(stream: ImageStream | undefined): Map<string, TagEvent> {
  const events = new Map<string, TagEvent>();
  for (const { tag, items } of stream?.status.tags ?? []) {
    const newest = items?.[0];
    if (newest !== undefined && newest.image !== '') events.set(tag, newest);
  }
  return events;
}

/** Where the stream does not remember, as on clusters that serve the API themselves, its specification tells. */
function likelyCause(stream: ImageStream, tag: string): ChangeCause {
  const from = stream.spec.tags?.find(({ name }) => name === tag)?.from;
  if (from === undefined) return 'push';
  return from.kind === 'DockerImage' ? 'import' : 'tag';
}
