import {
  hasReason,
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
  streams: Pick<StreamImporter, 'find' | 'import'>;
  importer: Pick<Importer, 'digests'>;
  events: Pick<EventRecorder, 'note'>;
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

/** A tag to import, and the digest that its registry told. */
interface Question {
  tag: TagReference;
  digest: string | undefined;
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
const CONFLICT_MS = 1000;

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
      // Somebody else was writing the stream.
      if (hasReason(error, 'Conflict')) return { after: CONFLICT_MS };
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
    const answers = await this.#ask(stream, open, signal);
    const changed = open.flatMap((tag, index): Question[] => {
      const { digest, isPaused = false } = answers[index] ?? {};
      return isPaused || isCurrent(stream, tag, digest, seen.get(tag.name)) ? [] : [{ tag, digest }];
    });
    if (changed.length > 0) await this.#import(stream, changed, seen, signal);
    return 0;
  }

  async #ask(stream: ImageStream, tags: readonly TagReference[], signal: AbortSignal): Promise<Told[]> {
    const { namespace = '', annotations } = stream.metadata;
    const isInsecure = annotations?.[IMAGE_ANNOTATIONS.insecureRepository] === 'true';
    const images = tags.map(({ from, importPolicy }) => ({
      from: from?.name ?? '',
      insecure: isInsecure || importPolicy?.insecure === true,
    }));
    const answers = await this.options.importer.digests({ namespace, images, signal });
    return answers.map(({ digest, error }, index): Told => {
      const registry = registryOf(images[index]?.from ?? '');
      if (error?.code === 'TOO_MANY_REQUESTS') return this.#pause(registry, error.retryAfterSeconds);
      // What else is wrong, the import finds out and writes down.
      if (digest !== undefined) this.#pauses.resume(registry);
      return { digest };
    });
  }

  #pause(registry: string, seconds: number | undefined): Told {
    if (this.#pauses.remaining(registry) === 0) this.#pauses.pause(registry, seconds);
    return { isPaused: true };
  }

  async #import(
    stream: ImageStream,
    changed: readonly Question[],
    seen: Map<string, Seen>,
    signal: AbortSignal,
  ): Promise<void> {
    const needed = { repository: false, tags: changed.map(({ tag }) => tag) };
    const { status } = await this.options.streams.import(stream, needed, { isScheduled: true, signal });
    const lists: (Seen & { tag: TagReference })[] = [];
    for (const [index, { tag, digest }] of changed.entries()) {
      const result = status?.images?.[index];
      const image = result?.image?.metadata.name;
      if (image !== undefined) {
        await this.#tell(stream, tag, image, signal);
        if (digest !== undefined && digest !== image) lists.push({ tag, digest, image });
      } else if (result?.status.reason === 'TooManyRequests') {
        this.#pause(registryOf(tag.from?.name ?? ''), result.status.details?.retryAfterSeconds);
      }
    }
    if (lists.length === 0) return;
    // A tag may have moved between question and import: what belongs together is what it still says.
    const answers = await this.#ask(
      stream,
      lists.map(({ tag }) => tag),
      signal,
    );
    for (const [index, { tag, digest, image }] of lists.entries()) {
      if (answers[index]?.digest === digest) seen.set(tag.name, { digest, image });
    }
  }

  async #tell(stream: ImageStream, tag: TagReference, image: string, signal: AbortSignal): Promise<void> {
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
