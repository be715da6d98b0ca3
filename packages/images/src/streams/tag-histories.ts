import type { ImageStream, NamedTagEventList, TagEvent, TagEventCondition } from '@longshore/kube';
import { trackedTag } from './tag-names.js';

/**
 * A history forgets its oldest events behind so many; the newest always stays. Pruning keeps three by default, so that it
 * loses nothing that it would have kept.
 */
export const MAX_EVENTS_PER_TAG = 1000;
/**
 * A stream keeps so many events in all; behind them the longest histories forget their oldest. With the digests, which do not
 * compress, more would not fit into a value of etcd (1.5 MiB).
 */
export const MAX_EVENTS_PER_STREAM = 6000;

/**
 * The tag histories of one stream (registry.md 3.4), indexed, so that many changes of a stream of thousands of tags stay
 * cheap. The lists that the stream had stay as they are; it gets a status of its own, with own lists where they change.
 */
export class TagHistories {
  readonly #lists: Map<string, NamedTagEventList>;
  /** Target to the tags that track it. */
  readonly #trackers: Map<string, string[]>;
  /** The lists that the stream did not have before. */
  readonly #own = new Set<NamedTagEventList>();
  #events: number;

  constructor(private readonly stream: ImageStream) {
    const tags = [...(stream.status.tags ?? [])];
    stream.status = { ...stream.status, tags };
    this.#lists = new Map(tags.map((list) => [list.tag, list]));
    this.#trackers = trackersOf(stream);
    this.#events = tags.reduce((sum, { items }) => sum + (items?.length ?? 0), 0);
  }

  newest(tag: string): TagEvent | undefined {
    return this.#lists.get(tag)?.items?.[0];
  }

  list(tag: string): Readonly<NamedTagEventList> | undefined {
    return this.#lists.get(tag);
  }

  /**
   * Adds an event to a tag and to all tags that track it, directly or through others. Returns the tags that have changed;
   * these have no conditions any more.
   */
  add(tag: string, event: TagEvent): string[] {
    const changed: string[] = [];
    const seen = new Set([tag]);
    for (const next of seen) {
      if (!this.#addOne(next, event)) continue;
      changed.push(next);
      for (const tracker of this.#trackers.get(next) ?? []) seen.add(tracker);
    }
    while (this.#events > MAX_EVENTS_PER_STREAM && this.#forgetOldest());
    return changed;
  }

  /** Sets the condition of its type, in a list without items where there is no history. */
  setCondition(tag: string, condition: TagEventCondition): void {
    const list = this.#listFor(tag);
    list.conditions = [...(list.conditions ?? []).filter(({ type }) => type !== condition.type), condition];
  }

  clearConditions(tag: string): void {
    if (this.#lists.get(tag)?.conditions !== undefined) delete this.#listFor(tag).conditions;
  }

  /** Returns whether there was such a history. */
  remove(tag: string): boolean {
    const list = this.#lists.get(tag);
    if (list === undefined) return false;
    this.#lists.delete(tag);
    this.#events -= list.items?.length ?? 0;
    this.stream.status.tags = this.#tags.filter((other) => other !== list);
    return true;
  }

  get #tags(): NamedTagEventList[] {
    return (this.stream.status.tags ??= []);
  }

  #addOne(tag: string, event: TagEvent): boolean {
    const before = this.#lists.get(tag)?.items ?? [];
    const items = mergeEvent(before, event);
    if (items === undefined) return false;
    const list = this.#listFor(tag);
    list.items = items.slice(0, MAX_EVENTS_PER_TAG);
    delete list.conditions;
    this.#events += list.items.length - before.length;
    return true;
  }

  /** Drops the oldest event of the longest histories, as far as needed; false when all have only their newest. */
  #forgetOldest(): boolean {
    const length = ({ items }: NamedTagEventList) => items?.length ?? 0;
    const most = this.#tags.reduce((most, list) => Math.max(most, length(list)), 0);
    if (most < 2) return false;
    for (const list of this.#tags) {
      if (this.#events <= MAX_EVENTS_PER_STREAM) break;
      if (length(list) < most) continue;
      this.#ownOf(list).items = (list.items ?? []).slice(0, -1);
      this.#events--;
    }
    return true;
  }

  /** A list that may be changed. */
  #listFor(tag: string): NamedTagEventList {
    const known = this.#lists.get(tag);
    if (known !== undefined) return this.#ownOf(known);
    const list: NamedTagEventList = { tag, items: [] };
    this.#own.add(list);
    this.#lists.set(tag, list);
    this.#tags.splice(sortedIndex(this.#tags, tag), 0, list);
    return list;
  }

  #ownOf(given: NamedTagEventList): NamedTagEventList {
    if (this.#own.has(given)) return given;
    const list = { ...given };
    this.#own.add(list);
    if (this.#lists.get(list.tag) === given) this.#lists.set(list.tag, list);
    const at = sortedIndex(this.#tags, list.tag);
    this.#tags[this.#tags[at] === given ? at : this.#tags.indexOf(given)] = list;
    return list;
  }
}

/** The history with an event more, by the table of registry.md 3.4; undefined when it says nothing new. */
export function mergeEvent(items: readonly TagEvent[], event: TagEvent): TagEvent[] | undefined {
  const [newest, ...older] = items;
  if (newest === undefined) return [{ ...event }];
  const isSameReference = newest.dockerImageReference === event.dockerImageReference;
  const isSameImage = newest.image === event.image;
  if (isSameReference && isSameImage && newest.generation === event.generation) return undefined;
  if (!isSameReference && !isSameImage) return [{ ...event }, ...items];
  const collapsed = { ...event, created: newest.created };
  // What was replaced may have been all that stood between two equal events.
  return [collapsed, ...(isSameEvent(older[0], collapsed) ? older.slice(1) : older)];
}

function isSameEvent(left: TagEvent | undefined, right: TagEvent): boolean {
  return left?.image === right.image && left.dockerImageReference === right.dockerImageReference;
}

function trackersOf(stream: ImageStream): Map<string, string[]> {
  const trackers = new Map<string, string[]>();
  for (const reference of stream.spec.tags ?? []) {
    const target = trackedTag(reference, stream.metadata);
    if (target === undefined) continue;
    const known = trackers.get(target);
    if (known === undefined) trackers.set(target, [reference.name]);
    else known.push(reference.name);
  }
  return trackers;
}

/** Where a tag belongs in lists that are sorted by their tags. */
function sortedIndex(lists: readonly NamedTagEventList[], tag: string): number {
  let low = 0;
  let high = lists.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lists[middle] as NamedTagEventList).tag < tag) low = middle + 1;
    else high = middle;
  }
  return low;
}
