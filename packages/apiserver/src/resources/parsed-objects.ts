import type { ObjectMeta } from '@longshore/kube';
import type { Entry } from '../store/store.js';

/** Stored bytes as JSON. */
export interface StoredObject {
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Of the bytes from which the objects were read; they themselves take a few times as much. */
const MAX_BYTES = 8 * 2 ** 20;

/** The objects that were parsed last, so that large ones which are read again and again are parsed once. */
export class ParsedObjects {
  private readonly objects = new Map<string, { stored: StoredObject; bytes: number }>();
  private bytes = 0;

  get(entry: Entry): StoredObject | undefined {
    const id = idOf(entry);
    const known = this.objects.get(id);
    if (known === undefined) return undefined;
    this.objects.delete(id);
    this.objects.set(id, known);
    return known.stored;
  }

  add(entry: Entry, stored: StoredObject): void {
    const bytes = entry.value.length;
    this.remove(idOf(entry));
    this.objects.set(idOf(entry), { stored, bytes });
    this.bytes += bytes;
    for (const oldest of this.objects.keys()) {
      if (this.bytes <= MAX_BYTES) return;
      this.remove(oldest);
    }
  }

  private remove(id: string): void {
    this.bytes -= this.objects.get(id)?.bytes ?? 0;
    this.objects.delete(id);
  }
}

/** Revisions are written once. */
const idOf = ({ key, revision }: Entry) => `${key}@${revision}`;
