import type { OwnerReference } from '@longshore/kube';
import type { Entry, Key } from '../store/store.js';

/** A stored object as far as ownership goes. */
export interface Owned {
  key: Key;
  uid: string;
  owners: readonly OwnerReference[];
  /** Finalizers of an object that is being deleted; undefined for one that is not. */
  endingWith: readonly string[] | undefined;
}

const OWNERS = Buffer.from('"ownerReferences":[');
const DELETION = Buffer.from('"deletionTimestamp":"');

/** Undefined for the many objects that have no owner and are not being deleted: those need not be parsed. */
export function ownershipOf({ key, value }: Entry): Owned | undefined {
  if (!value.includes(OWNERS) && !value.includes(DELETION)) return undefined;
  const { metadata } = JSON.parse(value.toString()) as {
    metadata: { uid?: string; ownerReferences?: OwnerReference[]; deletionTimestamp?: string; finalizers?: string[] };
  };
  const { uid = '', ownerReferences: owners = [], deletionTimestamp, finalizers = [] } = metadata;
  return { key, uid, owners, endingWith: deletionTimestamp === undefined ? undefined : finalizers };
}

const UID = Buffer.from('"uid":"');
const UID_LENGTH = 36;

/** The UID of an object, without parsing it: quotes within texts are escaped, and nothing but names stands before it. */
export function uidOf({ value }: Entry): string {
  const start = value.indexOf(UID) + UID.length;
  return value.toString('latin1', start, start + UID_LENGTH);
}

/** Who depends on whom, of all objects that have owners. */
export class OwnershipGraph {
  private readonly byKey = new Map<Key, Owned>();
  private readonly byOwner = new Map<string, Set<Key>>();
  private readonly ending = new Map<string, Key>();

  /** Takes in an object as it is now. Returns it as it was known. */
  put(key: Key, owned: Owned | undefined): Owned | undefined {
    const before = this.remove(key);
    if (owned === undefined) return before;
    this.byKey.set(key, owned);
    for (const { uid } of owned.owners) {
      const dependents = this.byOwner.get(uid);
      if (dependents === undefined) this.byOwner.set(uid, new Set([key]));
      else dependents.add(key);
    }
    if (owned.endingWith !== undefined) this.ending.set(owned.uid, key);
    return before;
  }

  remove(key: Key): Owned | undefined {
    const owned = this.byKey.get(key);
    if (owned === undefined) return undefined;
    this.byKey.delete(key);
    for (const { uid } of owned.owners) {
      const dependents = this.byOwner.get(uid);
      if (dependents?.delete(key) && dependents.size === 0) this.byOwner.delete(uid);
    }
    if (this.ending.get(owned.uid) === key) this.ending.delete(owned.uid);
    return owned;
  }

  get hasDependents(): boolean {
    return this.byOwner.size > 0;
  }

  dependentsOf(uid: string): Key[] {
    return [...(this.byOwner.get(uid) ?? [])];
  }

  /** Dependents for which a foreground deletion of the owner waits. */
  blockingDependentsOf(uid: string): Key[] {
    return this.dependentsOf(uid).filter((key) =>
      this.byKey.get(key)?.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
    );
  }

  /** The key of an object that is being deleted. */
  endingKey(uid: string): Key | undefined {
    return this.ending.get(uid);
  }

  clear(): void {
    this.byKey.clear();
    this.byOwner.clear();
    this.ending.clear();
  }
}
