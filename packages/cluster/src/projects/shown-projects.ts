import type { UserInfo, WatchEvent } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';

/** The oldest are forgotten: who saw them then misses only that they went. */
const MAX_REMEMBERED = 10_000;

/**
 * Which projects were shown to whom. A project that ends loses its role bindings before it goes; without this memory, who
 * waits for its end would never hear of it.
 */
export class ShownProjects {
  readonly #shown = new Set<string>();

  note(user: UserInfo, project: KubeObject): void {
    const key = keyOf(user, project);
    this.#shown.delete(key);
    this.#shown.add(key);
    if (this.#shown.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#shown) {
      this.#shown.delete(oldest);
      return;
    }
  }

  /** What a change of a namespace is to a user that may see it now, or may not; undefined when it is none of theirs. */
  eventFor(
    user: UserInfo,
    type: WatchEvent['type'],
    project: KubeObject,
    maySee: boolean,
  ): WatchEvent['type'] | undefined {
    const key = keyOf(user, project);
    const wasShown = this.#shown.has(key);
    if (type === 'DELETED' || !maySee) {
      this.#shown.delete(key);
      return wasShown || maySee ? 'DELETED' : undefined;
    }
    this.note(user, project);
    return wasShown ? 'MODIFIED' : 'ADDED';
  }
}

function keyOf({ username }: UserInfo, { metadata }: KubeObject): string {
  return `${metadata.uid} ${username}`;
}
