import { StoreError, type Change } from '../store.js';
import { decodeEntry, type WatchEvent, type WatchResponse } from './messages.js';

/** What a message of a watch tells: changes, and the revision up to which they are complete. Undefined: nothing. */
export interface Told {
  changes: Change[];
  revision: number;
}

/** Puts together what etcd tells of one transaction in several fragments, because it is large: a revision is told at once. */
export class WholeCommits {
  private held: WatchEvent[] = [];

  /** The response with what was held back, and without what a further fragment may complete. */
  take(response: WatchResponse): WatchResponse {
    if (response.events === undefined) return response;
    const events = [...this.held, ...response.events];
    const last = events.at(-1)?.kv.mod_revision;
    this.held = response.fragment ? events.filter(({ kv }) => kv.mod_revision === last) : [];
    return { ...response, events: events.slice(0, events.length - this.held.length) };
  }
}

/**
 * Errors: StoreError `COMPACTED` when the watch asks for what is compacted; also when the value that a change replaced is, so
 * that the change cannot be told; `UNAVAILABLE` for a watch that etcd ends for another reason.
 */
export function changesIn(response: WatchResponse, prefix: string): Told | undefined {
  const { header, created, canceled, compact_revision, cancel_reason, events } = response;
  if (compact_revision !== undefined) throw compacted(Number(compact_revision));
  if (canceled) throw new StoreError('UNAVAILABLE', `etcd ended the watch: ${cancel_reason ?? 'it does not say why'}`);
  if (created) return undefined;
  // Without changes it is a report of progress, whose revision all watchers have seen.
  if (events === undefined) return { changes: [], revision: Number(header.revision) };
  if (events.length === 0) return undefined;
  const changes = events.map((event) => changeOf(event, prefix));
  return { changes, revision: changes.at(-1)?.entry.revision ?? 0 };
}

function changeOf({ type, kv, prev_kv }: WatchEvent, prefix: string): Change {
  const entry = decodeEntry(prefix, kv);
  const isCreation = type === undefined && kv.create_revision === kv.mod_revision;
  if (!isCreation && prev_kv === undefined) throw compacted(entry.revision);
  const previous = prev_kv && decodeEntry(prefix, prev_kv);
  if (type === 'DELETE') return { type: 'delete', entry: { ...entry, value: previous?.value ?? entry.value } };
  return { type: 'put', entry, ...(previous && { previous }) };
}

export function compacted(oldest: number): StoreError {
  return new StoreError('COMPACTED', `etcd has forgotten what was before revision ${oldest}`, oldest);
}
