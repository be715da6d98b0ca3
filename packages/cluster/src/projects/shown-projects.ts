import type { UserInfo } from '@longshore/apiserver';

/** Of all users together. Who has not come for longest is forgotten first. */
const MAX_SHOWINGS = 50_000;

/** Who watches from `since` or later, but before `until`, has the project. */
interface Showing {
  since: number;
  until: number;
}

/**
 * Which projects were shown to whom, and when: what a client that watches from a version has, whichever of the user's clients
 * it is. Without this memory, what a user gains or loses between a list and the watch behind it would never be told; a
 * project that ends loses its role bindings before it goes.
 */
export class ShownProjects {
  readonly #users = new Map<string, ShownToUser>();
  #size = 0;

  of({ username, groups }: UserInfo): ShownToUser {
    const key = JSON.stringify([username, [...groups].sort()]);
    const known = this.#users.get(key) ?? new ShownToUser((shown) => this.#users.get(key) === shown && this.#grow());
    this.#users.delete(key);
    this.#users.set(key, known);
    return known;
  }

  #grow(): void {
    this.#size++;
    for (const [key, { size }] of this.#users) {
      if (this.#size <= MAX_SHOWINGS) return;
      this.#users.delete(key);
      this.#size -= size;
    }
  }
}

/**
 * The memory of one user. Changes of rights have no version of their own that it could know. They count from the version
 * behind all that any client of the user has been told of, so that who comes back from one of those may be told of a change
 * twice, but never not at all.
 */
export class ShownToUser {
  readonly #showings = new Map<string, Showing>();
  /** All that the user has been shown from this version on is remembered. */
  #completeFrom = Infinity;
  #reached = 0;

  constructor(private readonly grown: (self: ShownToUser) => void) {}

  get size(): number {
    return this.#showings.size;
  }

  /** A client has been told of everything up to this version. */
  reached(revision: number): void {
    this.#reached = Math.max(this.#reached, revision);
  }

  /** A list at this version has shown these projects, by their uids, and no others. */
  listed(uids: readonly string[], revision: number): void {
    const turn = this.#turn(revision);
    const now = new Set(uids);
    for (const uid of this.#showings.keys()) if (!now.has(uid)) this.#close(uid, turn);
    for (const uid of uids) this.#open(uid, turn);
    this.#completeFrom = Math.min(this.#completeFrom, revision);
    this.reached(revision);
  }

  /** A read of one project has shown it as it is since this version: old clients watch from there. */
  got(uid: string, revision: number): void {
    this.#open(uid, revision);
  }

  /** A client is told that there is a project; `revision`: of the change of the project, or none for a change of rights. */
  show(uid: string, revision = 0): void {
    this.#open(uid, this.#turn(revision));
  }

  /** A client is told that a project is gone; `revision` as for `show`. */
  hide(uid: string, revision = 0): void {
    this.#close(uid, this.#turn(revision));
  }

  /** Whether all is remembered that a client has that watches from this version. */
  remembers(revision: number): boolean {
    return revision >= this.#completeFrom;
  }

  /**
   * What a client has that watches from this version. Of what is not remembered, it is taken to have what the user may see
   * now, `visible`, as in OpenShift.
   */
  at(revision: number, visible: readonly string[]): Set<string> {
    const assumed = this.remembers(revision) ? [] : visible.filter((uid) => !this.#showings.has(uid));
    const had = [...this.#showings].filter(([, { since, until }]) => since <= revision && revision < until);
    return new Set([...assumed, ...had.map(([uid]) => uid)]);
  }

  #open(uid: string, since: number): void {
    const showing = this.#showings.get(uid);
    const isOpen = showing?.until === Infinity;
    this.#showings.set(uid, { since: isOpen ? Math.min(showing.since, since) : since, until: Infinity });
    if (showing === undefined) this.grown(this);
  }

  #close(uid: string, until: number): void {
    const showing = this.#showings.get(uid);
    if (showing?.until === Infinity) showing.until = until;
  }

  #turn(revision: number): number {
    return revision > this.#reached ? revision : this.#reached + 1;
  }
}
