import type { Readable } from 'node:stream';
import { RemoteError, type PullSource, type RemoteManifest, type RemoteRepository } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import type { BlobSource } from './blob-source.js';
import { summaryOf } from './errors.js';
import type { Places } from './places.js';

/** What asking needs beside the places. */
export interface Asking {
  /** How to speak to a source. */
  repository: (source: PullSource) => Promise<RemoteRepository>;
  /** Hears how it went: with undefined when the source had the content. */
  onAnswer: (source: PullSource, error: RemoteError | undefined) => void;
  /** Most bytes of a manifest. */
  maxManifestBytes: number;
}

/**
 * Content of other registries by its digest, from the first of several places that has it. Errors of all calls: one
 * RemoteError for those of all places; the signal's reason.
 */
export class RemoteContent implements BlobSource {
  constructor(
    private readonly digest: Digest,
    private readonly places: Places,
    private readonly asking: Asking,
  ) {}

  /** The places in words, for error messages. */
  get reference(): string {
    const { repository } = this.places.sources[0] ?? {};
    return repository ? `${repository.host}/${repository.name}@${this.digest}` : this.digest;
  }

  manifest(signal: AbortSignal): Promise<RemoteManifest> {
    const maxBytes = this.asking.maxManifestBytes;
    return this.first(async (repository) => repository.manifest(this.digest, { signal, maxBytes }));
  }

  statManifest(signal: AbortSignal): Promise<{ mediaType: string; size?: number }> {
    return this.first(async (repository) => repository.statManifest(this.digest, { signal }));
  }

  async size(signal: AbortSignal): Promise<number> {
    return (await this.first((repository) => repository.statBlob(this.digest, { signal }))).size;
  }

  open(start: number, signal: AbortSignal): Promise<{ size: number; body: Readable }> {
    return this.first((repository) => repository.blob(this.digest, { start, signal }));
  }

  private async first<T>(ask: (repository: RemoteRepository) => Promise<T>): Promise<T> {
    const failures: RemoteError[] = [];
    for (const source of this.places.sources) {
      try {
        const answer = await ask(await this.asking.repository(source));
        this.asking.onAnswer(source, undefined);
        return answer;
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        this.asking.onAnswer(source, error);
        failures.push(error);
      }
    }
    throw summaryOf([...failures, ...this.places.failures]);
  }
}
