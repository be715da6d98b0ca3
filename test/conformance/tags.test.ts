import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createImage, jsonOf, pushManifest, pushTree, type HttpResponse } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { expectError, get } from './requests.js';
import { upload } from './uploading.js';

const TAGS = ['v1', 'multi', 'sparse', 'a10', 'latest', 'A', 'c', 'b', 'v2'];
const SORTED = ['A', 'a10', 'b', 'c', 'latest', 'multi', 'sparse', 'v1', 'v2'];

describeRegistry('tags', { tags: { maxtags: 1000 }, catalog: { maxentries: 1000 } }, (registry) => {
  const list = (query = '', repository = 'proj/app') => get(registry, `/v2/${repository}/tags/list${query}`);

  it('are listed in ASCII order', async () => {
    const image = createImage({ seed: 'tags' });
    await pushTree(registry, 'proj/app', image);
    for (const tag of TAGS) await pushManifest(registry, 'proj/app', image, tag);
    await registry.everyProcess(async () => {
      const response = await list();
      expect([response.status, response.headers['content-type']]).toEqual([200, 'application/json']);
      expect(jsonOf(response)).toEqual({ name: 'proj/app', tags: SORTED });
      expect(response.headers).not.toHaveProperty('link');
    });
  });

  it.each([
    ['?last=bb', ['c', 'latest', 'multi', 'sparse', 'v1', 'v2']],
    ['?last=b', ['c', 'latest', 'multi', 'sparse', 'v1', 'v2']],
    ['?last=zzz', []],
    ['?last=', SORTED],
    ['?n=0', []],
    ['?n=2', ['A', 'a10']],
    ['?n=2&last=a10', ['b', 'c']],
    ['?n=2&last=sparse', ['v1', 'v2']],
    ['?n=100', SORTED],
    ['?n=1000', SORTED],
    ['?n=999999999', SORTED],
  ])('are listed as asked by %s', async (query, tags) => {
    expect(jsonOf(await list(query))).toEqual({ name: 'proj/app', tags });
  });

  it('are listed in pages that lead to each other', async () => {
    const first = await list('?n=2');
    expect(first.headers.link).toBe('</v2/proj/app/tags/list?last=a10&n=2>; rel="next"');
    expect(await allPages(registry, first)).toEqual(SORTED);
    for (const last of ['?n=9', '?n=2&last=sparse', '?n=0']) expect((await list(last)).headers.link).toBeUndefined();
  });

  it.each(['-1', 'x', '1.5', '1e3', ' ', '99999999999999999999'])('cannot be listed by n=%s', async (n) => {
    const response = await list(`?n=${encodeURIComponent(n)}`);
    expect(expectError(response, 400, 'PAGINATION_NUMBER_INVALID')).toEqual({ n });
  });

  it('of a repository with manifests only are none', async () => {
    await pushTree(registry, 'proj/untagged', createImage({ seed: 'untagged' }));
    expect(jsonOf(await list('', 'proj/untagged'))).toEqual({ name: 'proj/untagged', tags: [] });
  });

  it('of a repository with blobs only are none', async () => {
    await upload(registry, 'proj/blobs', Buffer.from('only'));
    expect(jsonOf(await list('', 'proj/blobs'))).toEqual({ name: 'proj/blobs', tags: [] });
  });

  it.each(['proj/none', 'proj', 'proj/app/below'])('of %s are unknown, as nothing was pushed there', async (name) => {
    expect(expectError(await list('', name), 404, 'NAME_UNKNOWN')).toEqual({ name });
  });

  it('may be many', async () => {
    const image = createImage({ seed: 'many' });
    await pushTree(registry, 'proj/many', image);
    const tags = Array.from({ length: 1501 }, (_, i) => `t${i}`);
    await writeTags(registry.root, 'proj/many', tags, image.descriptor.digest);
    tags.sort();
    expect((jsonOf(await list('', 'proj/many')) as { tags: string[] }).tags).toEqual(tags);
    const page = await list('?n=100&last=t400', 'proj/many');
    const start = tags.indexOf('t400') + 1;
    expect((jsonOf(page) as { tags: string[] }).tags).toEqual(tags.slice(start, start + 100));
    expect(page.headers.link).toBe(`</v2/proj/many/tags/list?last=${tags[start + 99]}&n=100>; rel="next"`);
    expect(await allPages(registry, await list('?n=200', 'proj/many'))).toEqual(tags);
  });

  it('come in pages of what the server allows at most', async () => {
    const first = await list('?n=1400', 'proj/many');
    expect((jsonOf(first) as { tags: string[] }).tags).toHaveLength(1000);
    expect(await allPages(registry, first)).toHaveLength(1501);
  });

  it('and their repositories are in the catalog', async () => {
    const names = ['proj/app', 'proj/blobs', 'proj/many', 'proj/untagged'];
    const catalog = (query = '') => get(registry, `/v2/_catalog${query}`);
    expect(jsonOf(await catalog())).toEqual({ repositories: names });
    const first = await catalog('?n=2');
    expect(first.headers.link).toBe('</v2/_catalog?last=proj%2Fblobs&n=2>; rel="next"');
    expect(jsonOf(await get(registry, nextOf(first) ?? ''))).toEqual({ repositories: names.slice(2) });
    expect(jsonOf(await catalog('?last=proj/m'))).toEqual({ repositories: names.slice(2) });
    expect(jsonOf(await catalog('?n=0'))).toEqual({ repositories: [] });
    expect(expectError(await catalog('?n=5000'), 400, 'PAGINATION_NUMBER_INVALID')).toEqual({ n: '5000' });
    expectError(await catalog('?n=-1'), 400, 'PAGINATION_NUMBER_INVALID');
  });
});

/** The path of the next page (RFC 8288); undefined on the last. */
function nextOf(response: HttpResponse): string | undefined {
  return /^<(\/[^>]*)>; rel="next"$/.exec(String(response.headers.link))?.[1];
}

async function allPages(registry: RegistryUnderTest, first: HttpResponse): Promise<string[]> {
  const tags: string[] = [];
  for (let page = first; ;) {
    tags.push(...(jsonOf(page) as { tags: string[] }).tags);
    const next = nextOf(page);
    if (next === undefined) return tags;
    page = await get(registry, next);
  }
}

/** Writes tags as docker-registry stores them: faster than pushing, and what a registry finds that takes over. */
async function writeTags(root: string, repository: string, tags: string[], digest: string): Promise<void> {
  const folder = join(root, 'docker/registry/v2/repositories', repository, '_manifests/tags');
  await Promise.all(
    tags.map(async (tag) => {
      await mkdir(join(folder, tag, 'current'), { recursive: true });
      await writeFile(join(folder, tag, 'current/link'), digest);
    }),
  );
}
