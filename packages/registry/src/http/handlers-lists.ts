import { RegistryError } from '@longshore/oci';
import { isRepository, repositories } from '../repositories/catalog.js';
import type { Services } from '../services.js';
import type { Cluster } from '../streams/cluster.js';
import { Breather } from '../storage-access.js';
import { sweepInBackground } from '../tags/background-sweep.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { nextLink, pageParameters } from './parameters.js';

/** GET of the tags of a repository, ascending, in pages (spec end-8; reference registry 1.9). */
export async function listTags(exchange: Exchange, route: { repository: string }, services: Services): Promise<void> {
  const { repository } = route;
  const { n, last } = pageParameters(exchange.query);
  const tags = (await tagsOf(repository, last, services)) ?? (await emptyIfKnown(repository, services));
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

/** In a cluster the image stream tells: the first page as of now, the others as of a moment ago. */
async function tagsOf(repository: string, last: string, services: Services): Promise<readonly string[] | undefined> {
  const streams = services.cluster?.streams;
  if (!streams) return liveTags(repository, services);
  const stream = await (last === '' ? streams.fresh(repository) : streams.recent(repository));
  return stream && [...stream.tags.keys()].sort();
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
  if (services.cluster && n > 0) return listStreams(exchange, n, last, services.cluster);
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

async function listStreams(exchange: Exchange, n: number, last: string, { catalog }: Cluster): Promise<void> {
  const { names, next } = await catalog.page(n, last, exchange.query.get('continue') ?? undefined);
  const query = { last: names.at(-1) ?? '', n, ...(next && { continue: next }) };
  const headers: RawHeaders = next === undefined ? [] : ['Link', nextLink(exchange.location('/v2/_catalog'), query)];
  exchange.sendJson(200, { repositories: names }, headers);
}
