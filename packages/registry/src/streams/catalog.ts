import { hasReason } from '@longshore/kube';
import type { ImageApi } from './image-api.js';

export interface CatalogPage {
  names: string[];
  /** Where the API goes on; empty when only the last name tells; undefined at the end. */
  next: string | undefined;
}

const BATCH = 500;

/**
 * The names of all streams, in the order in which the API lists them, which is that of `namespace/name` (registry.md 1.10). A page
 * carries where the API goes on, so that the next one costs one call, whichever process answers.
 */
export class StreamCatalog {
  constructor(private readonly api: Pick<ImageApi, 'listStreams'>) {}

  /** At most `limit` names after `last`. `from`: what the page before said. Errors: UNAVAILABLE. */
  async page(limit: number, last: string, from: string | undefined): Promise<CatalogPage> {
    if (from === undefined || from === '' || last === '') return this.search(limit, last);
    try {
      return await this.list(limit, from);
    } catch (error) {
      // The API forgets after some minutes; or somebody has made up `from`.
      if (hasReason(error, 'Expired') || hasReason(error, 'Gone') || hasReason(error, 'BadRequest')) {
        return this.search(limit, last);
      }
      throw error;
    }
  }

  /** Reads from the beginning what is up to `last`, and passes it over. */
  private async search(limit: number, last: string): Promise<CatalogPage> {
    for (let from: string | undefined; ;) {
      const page: CatalogPage = await this.list(last === '' ? limit : BATCH, from);
      const names = page.names.filter((name) => name > last);
      if (names.length > limit) return { names: names.slice(0, limit), next: '' };
      if (names.length > 0 || page.next === undefined) return { names, next: page.next };
      from = page.next;
    }
  }

  private async list(limit: number, from: string | undefined): Promise<CatalogPage> {
    const page = { limit, ...(from !== undefined && { continue: from }) };
    const { items, metadata } = await this.api.listStreams(page);
    const names = items.map(({ metadata: { namespace = '', name = '' } }) => `${namespace}/${name}`);
    return { names, next: metadata.continue === '' ? undefined : metadata.continue };
  }
}
