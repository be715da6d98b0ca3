import { hasReason } from '@longshore/kube';
import { RegistryError, type Digest } from '@longshore/oci';
import type { CacheAnswer } from '../observe/metrics.js';
import type { TagStore } from '../tags/tag-store.js';
import { streamName, type ImageApi } from './image-api.js';
import { SharedQuestions } from './shared-questions.js';
import type { StreamCache } from './stream-cache.js';
import { viewStream, type StreamView } from './stream-view.js';

export interface StreamsParts {
  api: Pick<ImageApi, 'findStream' | 'deleteTag'>;
  cache: StreamCache;
  tags: Pick<TagStore, 'link'>;
  /** Hears whether a tag was told without the API. */
  onLookup?: (answer: CacheAnswer) => void;
}

/** How often in a row somebody else may change a stream while its tags are taken away. */
const MAX_CONFLICTS = 10;

/**
 * The image streams of a cluster, which say what tags mean (registry.md 3.8).
 *
 * A push writes the stream and then the tag's link in storage, which all processes see at once; a tag that is set in the API
 * changes the stream only. So a tag is told from memory when the link and the remembered stream say the same: a push that was
 * completed has written its link, and who remembers less finds that they differ. When they differ, the API is asked, and is
 * right. It is then remembered which link the stream has gone beyond: as long as the link is the same file, no push has been
 * completed since, and the remembered stream, as new as the watch, is right again. Reading never writes.
 */
export class Streams {
  readonly #questions = new SharedQuestions<StreamView | undefined>();

  constructor(private readonly parts: StreamsParts) {}

  /** The digest that a tag points to. Errors: UNAVAILABLE. */
  async resolve(repository: string, tag: string): Promise<Digest | undefined> {
    const { cache, tags, onLookup } = this.parts;
    const { digest: linked, identity } = await tags.link(repository, tag);
    const known = cache.get(repository);
    if (known !== undefined) {
      const digest = known === 'absent' ? undefined : known.tags.get(tag);
      if (digest === linked || (identity !== undefined && cache.isOverruled(repository, tag, identity))) {
        onLookup?.('Hit');
        return digest;
      }
    }
    onLookup?.('Miss');
    const digest = (await this.fresh(repository))?.tags.get(tag);
    if (digest !== linked && identity !== undefined) cache.overrule(repository, tag, identity);
    return digest;
  }

  /** The stream as of now or later. Errors: UNAVAILABLE. */
  fresh(repository: string): Promise<StreamView | undefined> {
    const { api, cache } = this.parts;
    const ask = async () => {
      const stream = await api.findStream(streamName(repository));
      return stream && viewStream(stream);
    };
    return this.#questions.ask(repository, () => cache.fill(repository, ask));
  }

  /** The stream, as of a moment ago. Errors: UNAVAILABLE. */
  async recent(repository: string): Promise<StreamView | undefined> {
    const known = this.parts.cache.get(repository);
    if (known === undefined) return this.fresh(repository);
    return known === 'absent' ? undefined : known;
  }

  /** Takes a tag from the stream. Resolves with whether it was there. Errors: UNAVAILABLE. */
  deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.parts.api.deleteTag(streamName(repository), tag);
  }

  /**
   * Takes all tags from the stream that point to an image. A tag that is set to another one at the same time stays. Resolves
   * with whether there was any. Errors: UNAVAILABLE, also when the stream changes too fast.
   */
  async deleteTagsOf(repository: string, digest: Digest): Promise<boolean> {
    const stream = streamName(repository);
    let deleted = false;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS;) {
      const view = await this.fresh(repository);
      const [tag] = [...(view?.tags ?? [])].find(([, target]) => target === digest) ?? [];
      if (!view || tag === undefined) return deleted;
      try {
        if (await this.parts.api.deleteTag(stream, tag, view.resourceVersion)) deleted = true;
        conflicts = 0;
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error;
        conflicts++;
      }
    }
    throw new RegistryError('UNAVAILABLE', {
      message: 'the image stream changes too fast',
      detail: { name: repository },
      headers: { 'Retry-After': '1' },
    });
  }
}
