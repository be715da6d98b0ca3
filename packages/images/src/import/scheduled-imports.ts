import { RemoteError } from '@longshore/distribution';
import {
  IMAGE_ANNOTATIONS,
  objectKey,
  WorkQueue,
  type Clock,
  type ImageStream,
  type TagReference,
  type WorkResult,
} from '@longshore/kube';
import type { EventRecorder } from '../events/event-recorder.js';
import { scheduledTags } from './import-need.js';
import { registryOf, type Importer } from './importer.js';
import { RegistryPauses } from './registry-pauses.js';
import type { StreamImporter } from './stream-importer.js';

export interface ScheduledImportsOptions {
  streams: StreamImporter;
  importer: Pick<Importer, 'digest'>;
  events: EventRecorder;
  clock: Clock;
  random: () => number;
  onError: (error: unknown) => void;
  /** Between two looks at a stream. Default, and least, 15 minutes. */
  intervalMs?: number;
  /** Streams that are looked at in a minute. Default 60. */
  perMinute?: number;
}

/** What a tag led to when it was asked last: the digest may be that of a list, of which one image was taken. */
interface Seen {
  digest: string;
  image: string;
}

/** What a registry says of a tag: a digest, nothing that helps, or to come again later. */
interface Told {
  digest?: string | undefined;
  isPaused?: true;
}

const MIN_INTERVAL_MS = 15 * 60_000;
const PER_MINUTE = 60;
/** The interval is varied by so much of it, so that streams that came together do not stay together. */
const JITTER = 0.1;
const WORKERS = 5;

/**
 * Imports tags again and again whose policy says `scheduled` (registry.md 8.5). A registry is first asked only for the digest
 * of a tag, and for more when that is a new one. What fails stays scheduled.
 */
export class ScheduledImports {
  readonly #queue: WorkQueue;
  /** Keys of streams with scheduled tags, and what is known of these. */
  readonly #streams = new Map<string, Map<string, Seen>>();
  readonly #pauses: RegistryPauses;
  readonly #intervalMs: number;
  #nextStart = 0;

  constructor(private readonly options: ScheduledImportsOptions) {
    const { clock, random, onError, intervalMs = MIN_INTERVAL_MS } = options;
    this.#queue = new WorkQueue({ clock, random, onError });
    this.#pauses = new RegistryPauses(clock, random);
    this.#intervalMs = Math.max(intervalMs, MIN_INTERVAL_MS);
  }

  /** Hears of each stream and each of its changes. */
  note(stream: ImageStream): void {
    const key = objectKey(stream);
    if (scheduledTags(stream).length === 0) this.forget(key);
    else if (!this.#streams.has(key)) {
      this.#streams.set(key, new Map());
      // After a start all streams come at once.
      this.#queue.addAfter(key, this.options.random() * this.#intervalMs);
    }
  }

  forget(key: string): void {
    this.#streams.delete(key);
  }

  keys(): Iterable<string> {
    return this.#streams.keys();
  }

  /** Works until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run((key, signal) => this.#handle(key, signal), { workers: WORKERS, signal });
  }

  async #handle(key: string, signal: AbortSignal): Promise<WorkResult> {
    if (!this.#streams.has(key)) return undefined;
    await this.#turn(signal);
    try {
      const stream = await this.options.streams.find(key, signal);
      const seen = this.#streams.get(key);
      if (stream === undefined || seen === undefined) return undefined;
      const pause = await this.#look(stream, seen, signal);
      return { after: pause > 0 ? pause : this.#interval() };
    } catch (error) {
      if (signal.aborted) throw error;
      this.options.onError(error);
      return { after: this.#interval() };
    }
  }

  /** Waits so that no more than `perMinute` begin in a minute. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, perMinute = PER_MINUTE } = this.options;
    const now = clock.monotonic();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + 60_000 / perMinute;
    if (start > now) await clock.sleep(start - now, signal);
  }

  #interval(): number {
    return this.#intervalMs * (1 + JITTER * (2 * this.options.random() - 1));
  }

  /** Imports what changed. Returns how long to wait for the registries when none of them may be asked now, else 0. */
  async #look(stream: ImageStream, seen: Map<string, Seen>, signal: AbortSignal): Promise<number> {
    const tags = scheduledTags(stream);
    const waits = tags.map(({ from }) => this.#pauses.remaining(registryOf(from?.name ?? '')));
    const open = tags.filter((_, index) => waits[index] === 0);
    if (open.length === 0) return tags.length === 0 ? 0 : Math.min(...waits);
    const digests = new Map<TagReference, string | undefined>();
    for (const tag of open) {
      const { digest, isPaused } = await this.#ask(stream, tag, signal);
      if (!isPaused && !isCurrent(stream, tag, digest, seen.get(tag.name))) digests.set(tag, digest);
    }
    if (digests.size > 0) await this.#import(stream, digests, seen, signal);
    return 0;
  }

  async #ask(stream: ImageStream, tag: TagReference, signal: AbortSignal): Promise<Told> {
    const from = tag.from?.name ?? '';
    const registry = registryOf(from);
    // An earlier tag of the stream may have been told to wait.
    if (this.#pauses.remaining(registry) > 0) return { isPaused: true };
    const isInsecure = stream.metadata.annotations?.[IMAGE_ANNOTATIONS.insecureRepository] === 'true';
    const insecure = isInsecure || tag.importPolicy?.insecure === true;
    try {
      const { namespace = '' } = stream.metadata;
      const digest = await this.options.importer.digest({ namespace, from, insecure, signal });
      this.#pauses.resume(registry);
      return { digest };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      // The import finds out what is wrong, and writes it down.
      if (error.code !== 'TOO_MANY_REQUESTS') return {};
      this.#pauses.pause(registry, error.retryAfterSeconds);
      return { isPaused: true };
    }
  }

  async #import(
    stream: ImageStream,
    digests: ReadonlyMap<TagReference, string | undefined>,
    seen: Map<string, Seen>,
    signal: AbortSignal,
  ): Promise<void> {
    const needed = { repository: false, tags: [...digests.keys()] };
    const { spec, status } = await this.options.streams.import(stream, needed, { isScheduled: true, signal });
    for (const [index, tag] of needed.tags.entries()) {
      const result = status?.images?.[index];
      const image = result?.image?.metadata.name;
      if (image !== undefined) await this.#arrived(stream, tag, { image, digest: digests.get(tag) }, seen, signal);
      else if (result?.status.reason === 'TooManyRequests') {
        const registry = registryOf(spec.images?.[index]?.from.name ?? '');
        this.#pauses.pause(registry, result.status.details?.retryAfterSeconds);
      }
    }
  }

  async #arrived(
    stream: ImageStream,
    tag: TagReference,
    { image, digest }: { image: string; digest: string | undefined },
    seen: Map<string, Seen>,
    signal: AbortSignal,
  ): Promise<void> {
    // The tag may have moved between question and import: what belongs together is what it still says.
    const isOfList = digest !== undefined && digest !== image;
    if (isOfList && (await this.#ask(stream, tag, signal)).digest === digest) seen.set(tag.name, { digest, image });
    if (listOf(stream, tag)?.items?.[0]?.image === image) return;
    const { onError, events } = this.options;
    const message = `tag ${tag.name} of ${tag.from?.name ?? ''} is now ${image}`;
    await events.note(stream, 'ScheduledImport', message, signal).catch(onError);
  }
}

/** Whether a tag has what its registry says. One that failed last is imported again, so that its condition is up to date. */
function isCurrent(
  stream: ImageStream,
  tag: TagReference,
  digest: string | undefined,
  seen: Seen | undefined,
): boolean {
  const list = listOf(stream, tag);
  const image = list?.items?.[0]?.image;
  const hasFailed = list?.conditions?.some(({ status }) => status === 'False');
  if (digest === undefined || image === undefined || hasFailed) return false;
  return image === digest || (seen?.digest === digest && seen.image === image);
}

function listOf({ status }: ImageStream, { name }: TagReference) {
  return status.tags?.find(({ tag }) => tag === name);
}
