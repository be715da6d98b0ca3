import type { KubeObject } from '@longshore/kube';
import type { Entry } from '../store/store.js';
import type { Resource } from './resource.js';

/** One object on its way to a reader: parsed only when somebody looks into it, encoded only when it is sent. */
export interface Item {
  readonly object: KubeObject;
  /** The whole object in JSON. */
  encode(): Buffer;
  /** The object as it stands in a list. */
  encodeInList(): Buffer;
}

export class StoredItem implements Item {
  private decoded: KubeObject | undefined;

  constructor(
    private readonly resource: Resource,
    readonly entry: Entry,
  ) {}

  get object(): KubeObject {
    return (this.decoded ??= this.resource.decodeToRead(this.entry));
  }

  encode(): Buffer {
    return this.resource.encode(this.entry);
  }

  encodeInList(): Buffer {
    return this.resource.encodeItem(this.entry);
  }
}

export class ComputedItem implements Item {
  constructor(readonly object: KubeObject) {}

  encode(): Buffer {
    return Buffer.from(JSON.stringify(this.object));
  }

  encodeInList(): Buffer {
    return this.encode();
  }
}
