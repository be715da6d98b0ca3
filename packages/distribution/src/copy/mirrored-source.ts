import { isDigest, type Digest } from '@longshore/oci';
import type { RegistryClient } from '../client/registry-client.js';
import type { RemoteManifest, Waiting } from '../client/remote-repository.js';
import { RemoteError, type RemoteErrorCode } from '../remote-error.js';
import type { RepositoryName } from '../repository-name.js';
import type { PullReference, PullSource } from '../sources/pull-sources.js';
import type { PullSourcesOf } from '../sources/registries-conf-sources.js';
import type { Blob, ImageSource, ManifestReading } from './place.js';
import { RegistrySource } from './registry-place.js';

/** A repository of a registry to copy from: its mirrors, when it has any, stand in for it. */
export function registrySource(
  client: RegistryClient,
  name: RepositoryName,
  sourcesOf: PullSourcesOf = plainSources,
): ImageSource {
  const kinds: Omit<PullReference, keyof RepositoryName>[] = [{ digest: ANY_DIGEST }, { tag: 'latest' }];
  const isPlain = kinds.every((kind) => {
    const [first, second] = permitted(() => sourcesOf({ ...name, ...kind }));
    return first?.isMirror === false && !first.insecure && second === undefined;
  });
  return isPlain ? new RegistrySource(client, name) : new MirroredSource(client, name, sourcesOf);
}

/** Only its kind matters. */
const ANY_DIGEST = `sha256:${'0'.repeat(64)}`;

function plainSources({ host, name }: PullReference): PullSource[] {
  return [{ repository: { host, name }, insecure: false, isMirror: false }];
}

/** What is forbidden by tag may be allowed by digest. */
function permitted(sources: () => PullSource[]): PullSource[] {
  try {
    return sources();
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'BLOCKED') return [];
    throw error;
  }
}

/**
 * A repository that others stand in for. Each request goes to the first place that fulfils it. Errors: when all fail, one RemoteError
 * that tells of each: NOT_FOUND if none has it, else the code of the first other failure.
 */
class MirroredSource implements ImageSource {
  readonly name: string;
  readonly store: string;
  readonly isLocal = false;
  /** Content may come from elsewhere than from the store. */
  readonly mountName = undefined;
  readonly #placesOf: (kind: 'tag' | 'digest') => RegistrySource[];
  /** Gave the last manifest, so it will have the blobs. */
  #last: RegistrySource | undefined;

  constructor(client: RegistryClient, name: RepositoryName, sourcesOf: PullSourcesOf) {
    this.name = `${name.host}/${name.name}`;
    const made = new Map<string, RegistrySource>();
    const sourceAt = ({ repository, insecure }: PullSource) => {
      const key = `${repository.host}/${repository.name} ${insecure}`;
      const source = made.get(key) ?? new RegistrySource(client, repository, insecure ? { insecure } : {});
      made.set(key, source);
      return source;
    };
    this.#placesOf = (kind) => sourcesOf({ ...name, [kind]: kind === 'tag' ? 'latest' : ANY_DIGEST }).map(sourceAt);
    const [first] = permitted(() => sourcesOf({ ...name, digest: ANY_DIGEST }));
    this.store = first?.repository.host ?? name.host;
  }

  manifest(reference: string, options: ManifestReading): Promise<RemoteManifest> {
    return this.#first(this.#places(reference), options, async (place) => {
      const manifest = await place.manifest(reference, options);
      this.#last = place;
      return manifest;
    });
  }

  peek(tag: string, options: Waiting): Promise<{ digest: Digest; mediaType: string } | undefined> {
    return this.#first(this.#places(tag), options, (place) => place.peek(tag, options));
  }

  async *tags(options: Waiting): AsyncGenerator<string, void, undefined> {
    const { tags, first } = await this.#first(this.#placesOf('tag'), options, async (place) => {
      const list = place.tags(options)[Symbol.asyncIterator]();
      return { tags: list, first: await list.next() };
    });
    for (let next = first; next.done !== true; next = await tags.next()) yield next.value;
  }

  openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    return this.#first(this.#blobPlaces(), options, (place) => place.openBlob(blob, start, options));
  }

  checkBlob(blob: Blob, options: Waiting): Promise<void> {
    return this.#first(this.#blobPlaces(), options, (place) => place.checkBlob(blob, options));
  }

  #places(reference: string): RegistrySource[] {
    return this.#placesOf(isDigest(reference) ? 'digest' : 'tag');
  }

  #blobPlaces(): RegistrySource[] {
    const places = this.#placesOf('digest');
    return this.#last === undefined ? places : [this.#last, ...places.filter((place) => place !== this.#last)];
  }

  async #first<T>(
    places: readonly RegistrySource[],
    { signal }: Waiting,
    ask: (place: RegistrySource) => Promise<T>,
  ): Promise<T> {
    const failures: Error[] = [];
    for (const place of places) {
      try {
        return await ask(place);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error as Error);
      }
    }
    const [only, another] = failures;
    if (only !== undefined && another === undefined) throw only;
    const codes = failures.map((error): RemoteErrorCode => (error instanceof RemoteError ? error.code : 'INVALID'));
    const words = failures.map(({ message }) => message).join('; ');
    throw new RemoteError(codes.find((code) => code !== 'NOT_FOUND') ?? 'NOT_FOUND', words, { cause: only });
  }
}
