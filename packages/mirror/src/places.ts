import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  FileRepository,
  Journal,
  lockFolder,
  OciLayout,
  RegistrySource,
  RegistryTarget,
} from '@longshore/distribution';
import type { ImageSource, ImageTarget, RegistryClient } from '@longshore/distribution';
import type { PlaceName } from './place-name.js';

/** In the folder of a target: what was checked, and who writes there. */
const OWN = '.longshore';
/** Memory for chunks of uploads, all together; two for each. */
const CHUNK_MEMORY = 120 * 1024 * 1024;
const [SMALLEST_CHUNK, LARGEST_CHUNK] = [1024 * 1024, 16 * 1024 * 1024];

export interface PlaceOptions {
  client: RegistryClient;
  /** Where file:// sources and destinations are. */
  sourceDir: string;
  targetDir: string;
  /** Where is kept what registries are known to have. */
  stateDir: string;
  /** Blobs are mounted from one repository of a registry in another. */
  mount: boolean;
  /** Nothing is written anywhere. */
  dryRun: boolean;
  /** How much is done with a registry at a time. */
  maxPerRegistry: number;
}

/** Makes sources and targets of names, each once, and locks the folders that are written to until it is closed. */
export class Places {
  readonly #sources = new Map<string, ImageSource>();
  readonly #targets = new Map<string, ImageTarget>();
  readonly #journals = new Map<string, Journal>();
  readonly #chunkBytes: number;
  readonly #unlock: (() => Promise<void>)[] = [];

  /** @param targets what will be written to: the more registries, the smaller the chunks that are sent to each */
  constructor(
    readonly options: PlaceOptions,
    targets: readonly PlaceName[],
  ) {
    const hosts = new Set(targets.map(({ host }) => host)).size;
    const share = Math.floor(CHUNK_MEMORY / 2 / (hosts * options.maxPerRegistry));
    this.#chunkBytes = Math.min(Math.max(share, SMALLEST_CHUNK), LARGEST_CHUNK);
  }

  source(name: PlaceName): ImageSource {
    const key = keyOf(name);
    const made = this.#sources.get(key) ?? this.#makeSource(name);
    this.#sources.set(key, made);
    return made;
  }

  /** Errors: CopyError, LOCKED while somebody else writes there. */
  async target(name: PlaceName): Promise<ImageTarget> {
    const key = keyOf(name);
    const made = this.#targets.get(key) ?? (await this.#makeTarget(name));
    this.#targets.set(key, made);
    return made;
  }

  /** Writes down what has been learnt. Errors: CopyError when that is not possible. */
  async close(): Promise<void> {
    for (const journal of this.#journals.values()) {
      await journal.flush().finally(() => journal.close());
    }
    for (const unlock of this.#unlock) await unlock();
  }

  #makeSource({ kind, host = '', repository }: PlaceName): ImageSource {
    const { client, sourceDir } = this.options;
    if (kind === 'registry') return new RegistrySource(client, { host, name: repository });
    return kind === 'file' ? new FileRepository(resolve(sourceDir), repository) : new OciLayout(repository);
  }

  async #makeTarget({ kind, host = '', repository }: PlaceName): Promise<ImageTarget> {
    const { client, targetDir, stateDir, mount } = this.options;
    if (kind === 'registry') {
      // Without it, as in a home that cannot be written to, less is mounted.
      const path = join(stateDir, `${encodeURIComponent(host)}.journal`);
      const journal = await this.#journal(path).catch(() => undefined);
      return new RegistryTarget(client, { host, name: repository }, { chunkBytes: this.#chunkBytes, journal, mount });
    }
    const dir = resolve(kind === 'file' ? targetDir : repository);
    const journal = await this.#folderJournal(dir);
    return kind === 'file' ? new FileRepository(dir, repository, journal) : new OciLayout(repository, journal);
  }

  async #folderJournal(dir: string): Promise<Journal> {
    const path = join(dir, OWN, 'journal');
    if (!this.options.dryRun && !this.#journals.has(path)) {
      await mkdir(join(dir, OWN), { recursive: true, mode: 0o750 });
      this.#unlock.push(await lockFolder(join(dir, OWN, 'lock')));
    }
    return this.#journal(path);
  }

  async #journal(path: string): Promise<Journal> {
    const journal = this.#journals.get(path) ?? (await (this.options.dryRun ? Journal.peek(path) : Journal.open(path)));
    this.#journals.set(path, journal);
    return journal;
  }
}

function keyOf({ kind, host = '', repository }: PlaceName): string {
  return `${kind} ${host} ${repository}`;
}
