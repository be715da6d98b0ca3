import type { VirtualRequest, WatchEvent } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { RbacAuthorizer } from '../rbac/index.js';
import { ChangedRights } from './changed-rights.js';
import { maySee, NAMESPACES, projectOf } from './project.js';
import type { ShownProjects, ShownToUser } from './shown-projects.js';

/**
 * A watch of the projects of a user: what happens to the namespaces that the user may see, and what the user gains or loses
 * by changes of bindings and roles, as OpenShift tells both.
 *
 * Resource versions are those of the namespaces. A project that is gained comes as `ADDED` at the version of its namespace,
 * which may be older than the one that the watch began from; one that is lost goes as `DELETED` at the version that the watch
 * has reached. Who comes back from a version before a gain or a loss is told of it again; the memory of {@link ShownProjects}
 * says what such a client has.
 *
 * Namespaces come in the order of the store, rights when the authorizer has them. Each is told once because a gain is told
 * only of a namespace whose last change the watch is past, and otherwise by that change, which is still to come.
 */
export class ProjectWatch {
  /** Uids of the projects that the client has. */
  #known: Set<string> = new Set();
  /** Whether those are all; else it may have projects that were gone when it came. */
  #isRemembered = true;

  /** `reached`: the version behind which the watch begins; then, up to which all has been told. */
  constructor(
    private readonly authorizer: RbacAuthorizer,
    private readonly memory: ShownProjects,
    private readonly request: VirtualRequest,
    private reached: number,
  ) {}

  /** As {@link VirtualBackend.watch}. */
  async *events(progressEvery: number): AsyncGenerator<WatchEvent> {
    const rights = new ChangedRights();
    const unfollow = this.authorizer.follow(this.request.user, (namespace) => rights.add(namespace));
    const ending = new AbortController();
    try {
      yield* this.#begin();
      const signal = AbortSignal.any([this.request.signal, ending.signal]);
      const from = String(this.reached);
      const changes = this.#objects.watch(NAMESPACES, from, signal, '', progressEvery)[Symbol.asyncIterator]();
      const pull = () => {
        const pulled = changes.next();
        // It may fail when nobody waits for it any more.
        pulled.catch(() => undefined);
        return pulled;
      };
      for (let next = pull(); ;) {
        while (!rights.isEmpty) yield* this.#review(rights.take());
        const change = await Promise.race([next, rights.some()]);
        if (change === undefined || !rights.isEmpty) continue;
        if (change.done) return;
        next = pull();
        const event = this.#seen(change.value);
        if (event !== undefined) yield event;
      }
    } finally {
      unfollow();
      ending.abort();
    }
  }

  get #objects() {
    return this.request.objects.shared;
  }

  get #shown(): ShownToUser {
    return this.memory.of(this.request.user);
  }

  async *#begin(): AsyncGenerator<WatchEvent> {
    const { items } = await this.#objects.list(NAMESPACES);
    const visible = items.filter((namespace) => this.#maySee(namespace)).map(uidOf);
    this.#isRemembered = this.#shown.remembers(this.reached);
    this.#known = this.#shown.at(this.reached, visible);
    yield* this.#compare(items);
  }

  /** Looks at namespaces in which the user's rights may have changed: one by one, or all in a single listing. */
  async *#review(namespaces: readonly string[] | 'all'): AsyncGenerator<WatchEvent> {
    if (namespaces === 'all') {
      yield* this.#compare((await this.#objects.list(NAMESPACES)).items);
      return;
    }
    for (const name of namespaces) {
      const namespace = await this.#objects.get(NAMESPACES, '', name);
      if (namespace !== undefined) yield* this.#compare([namespace]);
    }
  }

  /** What the client has against what the user may see. */
  *#compare(namespaces: readonly KubeObject[]): Generator<WatchEvent> {
    for (const namespace of namespaces) {
      if (Number(namespace.metadata.resourceVersion) > this.reached) continue;
      const uid = uidOf(namespace);
      const isSeen = this.#maySee(namespace);
      if (isSeen === this.#known.has(uid)) continue;
      this.#shown.reached(this.reached);
      if (isSeen) {
        this.#known.add(uid);
        this.#shown.show(uid);
        yield { type: 'ADDED', object: projectOf(namespace) };
      } else {
        this.#known.delete(uid);
        this.#shown.hide(uid);
        const metadata = { ...namespace.metadata, resourceVersion: String(this.reached) };
        yield { type: 'DELETED', object: projectOf({ ...namespace, metadata }) };
      }
    }
  }

  /** What a change of a namespace is to the user; undefined when it is none of theirs. */
  #seen({ type, object }: WatchEvent): WatchEvent | undefined {
    const revision = Number(object.metadata.resourceVersion);
    this.reached = Math.max(this.reached, revision);
    if (type === 'BOOKMARK') {
      this.#shown.reached(revision);
      return { type, object: projectOf(object) };
    }
    const uid = uidOf(object);
    const isSeen = this.#maySee(object);
    const wasKnown = this.#known.delete(uid) && type !== 'ADDED';
    if (type !== 'DELETED' && isSeen) {
      this.#known.add(uid);
      this.#shown.show(uid, revision);
      return { type: wasKnown ? 'MODIFIED' : 'ADDED', object: projectOf(object) };
    }
    this.#shown.hide(uid, revision);
    const mayHave = type === 'DELETED' && isSeen && !this.#isRemembered;
    return wasKnown || mayHave ? { type: 'DELETED', object: projectOf(object) } : undefined;
  }

  #maySee(namespace: KubeObject): boolean {
    return maySee(this.authorizer, this.request.user, namespace);
  }
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}
