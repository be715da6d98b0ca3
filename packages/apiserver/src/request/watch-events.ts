import { StoredItem, type Item } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import type { Selection } from '../rest/selection.js';
import type { Entry } from '../store/store.js';
import type { SharedChange } from '../watch/shared-change.js';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface ItemEvent {
  type: EventType;
  item: Item;
  /** What it tells of, where those who watch it share what they make of it. */
  change?: SharedChange;
}

/**
 * What a change looks like to somebody who sees a selection: an object that begins to match is added, one that ceases to is
 * deleted. Undefined when it is none of theirs.
 */
export function selectedEvent(resource: Resource, change: SharedChange, selection: Selection): ItemEvent | undefined {
  const { type, entry, previous } = change;
  if (selection.everything)
    return event(resource, change, type === 'delete' ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED');
  const matches = selection.matches(current(resource, change).object);
  if (type === 'delete') return matches ? event(resource, change, 'DELETED') : undefined;
  const before = previous && change.shared(`${resource.id} before`, () => new StoredItem(resource, previous));
  const matched = before !== undefined && selection.matches(before.object);
  if (matches) return event(resource, change, matched ? 'MODIFIED' : 'ADDED');
  if (!matched) return undefined;
  // The last state that matched, at the version at which it ceased to.
  const last: Entry = { ...before.entry, revision: entry.revision };
  return { type: 'DELETED', item: new StoredItem(resource, last) };
}

function current(resource: Resource, change: SharedChange): StoredItem {
  return change.shared(`${resource.id} item`, () => new StoredItem(resource, change.entry));
}

function event(resource: Resource, change: SharedChange, type: EventType): ItemEvent {
  return { type, item: current(resource, change), change };
}

/** One event as watches send it. */
export function eventLine(type: string, object: Buffer | string): Buffer {
  const head = `{"type":"${type}","object":`;
  const body = typeof object === 'string' ? Buffer.from(object) : object;
  const line = Buffer.allocUnsafe(head.length + body.length + 2);
  line.write(head, 0, 'latin1');
  body.copy(line, head.length);
  line.write('}\n', head.length + body.length, 'latin1');
  return line;
}
