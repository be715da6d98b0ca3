import { RegistryError } from '@longshore/oci';
import { isRepository, repositories } from '../repositories/catalog.js';
import type { Services } from '../services.js';
import { Breather } from '../storage-access.js';
import { sweepInBackground } from '../tags/background-sweep.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { nextLink, pageParameters } from './parameters.js';

/** GET of the tags of a repository, ascending, in pages (spec end-8; reference registry 1.9). */
export async function listTags(exchange: Exchange, route: { repository: string }, services: Services): Promise<void> {
  const { repository } = route;
  const { n, last } = pageParameters(exchange.query);
  const tags = (await liveTags(repository, services)) ?? (await emptyIfKnown(repository, services));
  const start = last === '' ? 0 : firstAfter(tags, last);
  const count = Math.min(n ?? Infinity, n === undefined ? Infinity : services.config.tags.maxtags);
  const page = tags.slice(start, start + count);
  const headers: RawHeaders = [];
  const end = page.at(-1);
  if (end !== undefined && start + page.length < tags.length) {
    headers.push('Link', nextLink(exchange.location(`/v2/${repository}/tags/list`), { last: end, n: page.length }));
  }
  exchange.sendJson(200, { name: repository, tags: page }, headers);
}

async function emptyIfKnown(repository: string, { driver }: Services): Promise<readonly string[]> {
  if (await isRepository(driver, repository)) return [];
  throw new RegistryError('NAME_UNKNOWN', { detail: { name: repository } });
}

/** While tags of deleted manifests are being swept away, each tag's manifest is looked up. */
async function liveTags(repository: string, services: Services): Promise<readonly string[] | undefined> {
  const { tags, tombstones, manifests } = services;
  const all = await tags.list(repository);
  if (!all || !(await tombstones.any(repository))) return all;
  if (!services.config.storage.maintenance.readonly.enabled) sweepInBackground(services, repository);
  const live: string[] = [];
  const breather = new Breather();
  for (const tag of all) {
    await breather.breathe();
    const digest = await tags.resolve(repository, tag);
    if (digest && (await manifests.has(repository, digest))) live.push(tag);
  }
  return live;
}

/** Index of the first name greater than `last` in an ascending list. */
function firstAfter(names: readonly string[], last: string): number {
  let low = 0;
  for (let high = names.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') > last) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** GET of the names of all repositories (not OCI; reference registry 1.2). */
export async function listRepositories(exchange: Exchange, _route: unknown, services: Services): Promise<void> {
  const max = services.config.catalog.maxentries;
  const { n = Math.min(100, max), last } = pageParameters(exchange.query, max);
  const page: string[] = [];
  let more = false;
  for await (const name of repositories(services.driver, last)) {
    if (page.length === n) {
      more = n > 0;
      break;
    }
    page.push(name);
  }
  const headers: RawHeaders = more
    ? ['Link', nextLink(exchange.location('/v2/_catalog'), { last: page.at(-1) ?? '', n })]
    : [];
  exchange.sendJson(200, { repositories: page }, headers);
}
