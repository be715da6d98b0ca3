import { RateLimiter } from '../http/rate-limiter.js';
import { RemoteError } from '../remote-error.js';
import type { RemoteManifest } from '../client/remote-repository.js';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { each } from './each.js';
import { CopyError } from './place.js';
import type { ImageTarget } from './place.js';
import type { BlobCopy, CopyPlan, ManifestCopy, RepositoryPlan } from './plan.js';
import { presenceKey } from './presence.js';
import type { StoreLimits } from './store-limits.js';
import { transferBlob } from './transfer-blob.js';

/** What happens, for whoever shows it. */
export type CopyEvent =
  | { type: 'uploading' | 'mounted'; target: ImageTarget; digest: string; size: number }
  /** Bytes that targets took; negative when they have to come again. */
  | { type: 'bytes'; count: number }
  | { type: 'pushed'; target: ImageTarget; digest: string; tag?: string };

/** A manifest that could not be written, and why. */
export interface CopyFailure {
  target: ImageTarget;
  digest: string;
  tags: readonly string[];
  error: unknown;
}

export interface ExecuteOptions {
  limits: StoreLimits;
  signal: AbortSignal;
  /** Without, the first failure ends everything. */
  continueOnError: boolean;
  /** Bytes that are read in a second, all together. */
  bytesPerSecond?: number | undefined;
  onEvent: (event: CopyEvent) => void;
  clock?: Clock;
}

/**
 * Copies what a plan says: each blob is read once; a manifest is written as soon as its blobs and children are there, and a tag
 * never names what is incomplete. Returns what failed. Errors: the signal's reason, without `continueOnError` the first failure.
 */
export async function executeCopy(plan: CopyPlan, options: ExecuteOptions): Promise<CopyFailure[]> {
  const execution = new Execution(plan, options);
  return execution.run();
}

const PASSING: ReadonlySet<string> = new Set(['NOT_FOUND', 'UNAVAILABLE', 'TOO_MANY_REQUESTS']);

class Execution {
  readonly #failures: CopyFailure[] = [];
  /** Why a blob is not at a target, by `presenceKey`. What is not named is there, or is awaited. */
  readonly #failedBlobs = new Map<string, unknown>();
  /** Targets that did not take a blob over from another repository; they get bytes from then on. */
  readonly #withoutLinks = new Set<string>();
  readonly #repositories: RepositoryProgress[];
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #bandwidth: RateLimiter | undefined;

  constructor(
    readonly plan: CopyPlan,
    readonly options: ExecuteOptions,
  ) {
    const { bytesPerSecond: perSecond, clock = systemClock, signal } = options;
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
    this.#bandwidth = perSecond === undefined ? undefined : new RateLimiter({ perSecond, burst: perSecond / 4 }, clock);
    this.#repositories = plan.repositories.map((repository) => new RepositoryProgress(repository, plan));
  }

  async run(): Promise<CopyFailure[]> {
    const { limits } = this.options;
    try {
      await this.#pushReady();
      await each(this.plan.blobs, limits.most, (copy) => this.#copy(copy));
      await this.#complete();
    } catch (error) {
      this.#ended.abort(error);
      await Promise.all(this.plan.repositories.map(async ({ target }) => target.abandon?.()));
      throw error;
    }
    return this.#failures;
  }

  /** An archive of which something is missing is not shown. */
  async #complete(): Promise<void> {
    this.#signal.throwIfAborted();
    const failed = new Set(this.#failures.map(({ target }) => target.store));
    for (const { target } of this.plan.repositories) {
      if (!failed.has(target.store)) await target.complete?.({ signal: this.#signal });
    }
  }

  /** One blob, and the manifests that waited for nothing else. */
  async #copy(copy: BlobCopy): Promise<void> {
    const { blob, links, sources } = copy;
    const isRead = ({ target }: (typeof links)[number]) => sources.length > 0 && this.#withoutLinks.has(target.store);
    const direct = links.filter(isRead).map(({ target }) => target);
    await this.#upload(copy, [...copy.uploads, ...direct]);
    const refused: ImageTarget[] = [];
    for (const { target, from } of links) {
      if (direct.includes(target)) continue;
      if (await this.#link(copy, target, from)) continue;
      if (sources.length > 0) refused.push(target);
      else await this.#lack(blob, target, from);
    }
    await this.#upload(copy, refused);
    for (const repository of this.#repositories) repository.arrived(blob);
    await this.#pushReady();
  }

  async #link({ blob }: BlobCopy, target: ImageTarget, from: string): Promise<boolean> {
    const { limits, onEvent } = this.options;
    try {
      const signal = this.#signal;
      const done = await limits.run([target.store], signal, () => target.linkBlob(blob, from, { signal }));
      if (done) onEvent({ type: 'mounted', target, digest: blob.digest, size: blob.size });
      else this.#withoutLinks.add(target.store);
      return done;
    } catch (error) {
      this.#fail(blob, target, error);
      return true;
    }
  }

  /** No source has the blob, and the target does not get it from where it was known to be. */
  async #lack(blob: BlobCopy['blob'], target: ImageTarget, from: string): Promise<void> {
    await target.abandon?.();
    const words = `is not there to be copied, and ${target.store} does not give it to ${target.repository} from ${from}`;
    this.#fail(blob, target, new CopyError('INCOMPLETE', `${blob.digest} ${words}`));
  }

  /** What fails in a way that may pass is tried once more, from the beginning: an upload may be lost on the way. */
  async #upload(copy: BlobCopy, targets: readonly ImageTarget[]): Promise<void> {
    const failures = await this.#transfer(copy, targets);
    const again = [...failures].filter(([, error]) => error instanceof RemoteError && PASSING.has(error.code));
    for (const [target] of again) failures.delete(target);
    const failedAgain = await this.#transfer(
      copy,
      again.map(([target]) => target),
    );
    for (const [target, error] of [...failures, ...failedAgain]) this.#fail(copy.blob, target, error);
  }

  async #transfer({ blob, sources }: BlobCopy, targets: readonly ImageTarget[]): Promise<Map<ImageTarget, unknown>> {
    if (targets.length === 0) return new Map();
    const { limits, onEvent } = this.options;
    const signal = this.#signal;
    const stores = [...sources.slice(0, 1), ...targets].map(({ store }) => store);
    return limits.run(stores, signal, () => {
      for (const target of targets) onEvent({ type: 'uploading', target, digest: blob.digest, size: blob.size });
      const onBytes = (count: number) => onEvent({ type: 'bytes', count });
      return transferBlob(blob, sources, targets, { signal, bandwidth: this.#bandwidth, onBytes });
    });
  }

  #fail(blob: BlobCopy['blob'], target: ImageTarget, error: unknown): void {
    this.#signal.throwIfAborted();
    if (!this.options.continueOnError) throw error;
    this.#failedBlobs.set(presenceKey(target, blob), error);
  }

  /** A list becomes ready when its last child has been written. */
  async #pushReady(): Promise<void> {
    const ready = this.#repositories.flatMap((repository) =>
      repository.takeReady().map((copy) => ({ repository, copy })),
    );
    if (ready.length === 0) return;
    await each(ready, this.options.limits.most, ({ repository, copy }) => this.#push(repository, copy));
    await this.#pushReady();
  }

  async #push(repository: RepositoryProgress, copy: ManifestCopy): Promise<void> {
    const { target } = repository.plan;
    const { manifest } = copy.tree;
    const cause = this.#causeOf(repository, copy);
    if (cause !== undefined) return this.#note(repository, copy, cause);
    try {
      for (const tag of copy.tags.length === 0 ? [undefined] : copy.tags) {
        await this.#put(target, manifest, tag, copy.isChild);
      }
      repository.pushed(copy);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!this.options.continueOnError) throw error;
      this.#note(repository, copy, error);
    }
  }

  async #put(target: ImageTarget, manifest: RemoteManifest, tag: string | undefined, isChild: boolean): Promise<void> {
    const { limits, onEvent } = this.options;
    const signal = this.#signal;
    await limits.run([target.store], signal, () => target.putManifest(manifest, { tag, isChild, signal }));
    onEvent({ type: 'pushed', target, digest: manifest.digest, ...(tag !== undefined && { tag }) });
  }

  #note(repository: RepositoryProgress, copy: ManifestCopy, error: unknown): void {
    repository.failed(copy, error);
    const { target } = repository.plan;
    this.#failures.push({ target, digest: copy.tree.manifest.digest, tags: copy.tags, error });
  }

  /** Why a manifest cannot be written: a blob or a child is not there. */
  #causeOf(repository: RepositoryProgress, { tree }: ManifestCopy): unknown {
    const { target } = repository.plan;
    const ofBlobs = tree.blobs.map((blob) => this.#failedBlobs.get(presenceKey(target, blob)));
    const ofChildren = tree.children.map((child) => repository.failureOf(child.manifest.digest));
    return [...ofBlobs, ...ofChildren].find((error) => error !== undefined);
  }
}

/** Which manifests of a repository wait for what. */
class RepositoryProgress {
  readonly #waiting = new Map<ManifestCopy, number>();
  readonly #byNeed = new Map<string, ManifestCopy[]>();
  readonly #failed = new Map<string, unknown>();
  #ready: ManifestCopy[] = [];

  constructor(
    readonly plan: RepositoryPlan,
    { blobs }: CopyPlan,
  ) {
    const { target, manifests } = plan;
    const toCome = new Set<string>();
    for (const { blob, uploads, links } of blobs) {
      const isWanted = uploads.includes(target) || links.some((link) => link.target === target);
      if (isWanted) toCome.add(presenceKey(target, blob));
    }
    for (const copy of manifests) {
      const needs = new Set([
        ...copy.tree.blobs.map((blob) => presenceKey(target, blob)).filter((key) => toCome.has(key)),
        ...copy.tree.children.map((child) => child.manifest.digest),
      ]);
      this.#waiting.set(copy, needs.size);
      for (const need of needs) this.#byNeed.set(need, [...(this.#byNeed.get(need) ?? []), copy]);
      if (needs.size === 0) this.#ready.push(copy);
    }
  }

  arrived(blob: BlobCopy['blob']): void {
    this.#meet(presenceKey(this.plan.target, blob));
  }

  pushed({ tree }: ManifestCopy): void {
    this.#meet(tree.manifest.digest);
  }

  failed({ tree }: ManifestCopy, error: unknown): void {
    this.#failed.set(tree.manifest.digest, error);
    this.#meet(tree.manifest.digest);
  }

  failureOf(digest: string): unknown {
    return this.#failed.get(digest);
  }

  /** Those that wait for nothing, each once. */
  takeReady(): ManifestCopy[] {
    return this.#ready.splice(0);
  }

  #meet(need: string): void {
    for (const copy of this.#byNeed.get(need) ?? []) {
      const rest = (this.#waiting.get(copy) ?? 0) - 1;
      this.#waiting.set(copy, rest);
      if (rest === 0) this.#ready.push(copy);
    }
    this.#byNeed.delete(need);
  }
}
