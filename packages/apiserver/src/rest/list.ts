import { ApiError, expired, type ListMeta } from '@longshore/kube';
import { StoredItem } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { StoreError, type Entry, type Page, type Store } from '../store/store.js';
import { ContinueExpired, formatContinue, parseContinue } from './continue-token.js';
import type { ListOptions } from './list-options.js';
import type { Selection } from './selection.js';

/** Entries are read in pages that come to about this many bytes, so that a list of any length needs little memory. */
const PAGE_BYTES = 2 * 1024 * 1024;
const FIRST_PAGE = 100;
const MAX_PAGE = 2000;

/**
 * The objects of a collection at one revision, page by page; returns the metadata of the list. Errors, all of them before
 * the first page but for a revision that is forgotten meanwhile: ApiError `Expired`, `Timeout` for a future revision.
 */
export async function* listStored(
  store: Store,
  resource: Resource,
  namespace: string,
  selection: Selection,
  options: ListOptions,
): AsyncGenerator<StoredItem[], ListMeta> {
  if (selection.name !== undefined && options.continue === '' && (namespace !== '' || !resource.namespaced)) {
    return yield* listOne(store, resource, namespace, selection, options);
  }
  const prefix = resource.prefix(namespace);
  const limit = options.limit ?? Infinity;
  let { revision, after } = await startOf(store, options);
  let taken = 0;
  let pageSize = FIRST_PAGE;
  for (;;) {
    const wanted = selection.everything ? Math.min(pageSize, limit - taken) : pageSize;
    const page: Page = await readPage(store, prefix, { revision, after, limit: wanted }, options.continue !== '');
    revision = page.revision;
    const items: StoredItem[] = [];
    for (const [index, entry] of page.entries.entries()) {
      const item = new StoredItem(resource, entry);
      after = entry.key.slice(prefix.length);
      if (!selection.everything && !selection.matches(item.object)) continue;
      items.push(item);
      if (++taken < limit) continue;
      yield items;
      const more = page.more || index + 1 < page.entries.length;
      return listMeta(revision, more ? after : undefined, selection.everything ? page.remaining : undefined);
    }
    if (items.length > 0) yield items;
    if (!page.more) return listMeta(revision);
    pageSize = nextPageSize(page.entries);
  }
}

/** Where one name is asked for, there is no need to look at others. */
async function* listOne(
  store: Store,
  resource: Resource,
  namespace: string,
  selection: Selection,
  options: ListOptions,
): AsyncGenerator<StoredItem[], ListMeta> {
  const { revision } = await startOf(store, options);
  const key = resource.key(namespace, selection.name ?? '');
  const page = await readPage(store, key, { revision, after: undefined, limit: 1 }, false);
  const [entry] = page.entries;
  const item = entry?.key === key ? new StoredItem(resource, entry) : undefined;
  if (item !== undefined && selection.matches(item.object)) yield [item];
  return listMeta(page.revision);
}

function listMeta(revision: number, after?: string, remaining?: number): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(after !== undefined && { continue: formatContinue({ revision, after }) }),
    ...(after !== undefined && remaining !== undefined && remaining > 0 && { remainingItemCount: remaining }),
  };
}

function nextPageSize(entries: readonly Entry[]): number {
  const bytes = entries.reduce((sum, { value }) => sum + value.length, 0);
  return Math.max(10, Math.min(MAX_PAGE, Math.floor((PAGE_BYTES * entries.length) / Math.max(1, bytes))));
}

/** The revision that is to be shown (undefined: the newest), and behind which key it begins. */
async function startOf(store: Store, options: ListOptions): Promise<{ revision?: number; after?: string }> {
  if (options.continue !== '') return parseContinue(options.continue);
  const { resourceVersion, resourceVersionMatch, limit } = options;
  if (resourceVersion === undefined || resourceVersion === 0) return {};
  if (resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit !== undefined)) {
    return { revision: resourceVersion };
  }
  await checkReached(store, resourceVersion);
  return {};
}

/** Errors: `Timeout` when the store is not there yet. It is the only writer, so that waiting would not help. */
export async function checkReached(store: Store, resourceVersion: number): Promise<void> {
  const current = await store.revision();
  if (current < resourceVersion) throw tooLargeResourceVersion(resourceVersion, current);
}

function tooLargeResourceVersion(requested: number, current: number): ApiError {
  const message = 'Too large resource version';
  return new ApiError('Timeout', `Timeout: ${message}: ${requested}, current: ${current}`, undefined, {
    causes: [{ reason: 'ResourceVersionTooLarge', message }],
    retryAfterSeconds: 1,
  });
}

async function readPage(
  store: Store,
  prefix: string,
  { revision, after, limit }: { revision: number | undefined; after: string | undefined; limit: number },
  isContinued: boolean,
): Promise<Page> {
  try {
    return await store.list({
      prefix,
      limit,
      ...(after !== undefined && { after: prefix + after }),
      ...(revision !== undefined && { revision }),
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'FUTURE_REVISION') throw tooLargeResourceVersion(revision ?? 0, error.revision ?? 0);
    if (error.code !== 'COMPACTED') throw error;
    if (isContinued) throw new ContinueExpired(formatContinue({ revision: undefined, after: after ?? '' }));
    throw expired('The resourceVersion for the provided list is too old.');
  }
}
