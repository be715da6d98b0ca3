import type { Benchmark } from '../benchmark.js';
import { smallManifest } from '../content/image.js';
import { requestRate } from '../tools/request-rate.js';

const tags = Array.from({ length: 10_000 }, (_, index) => `v${index}`);
const path = '/v2/bench/tags/tags/list';

export const tagList: Benchmark = {
  name: 'tag-list',
  summary: 'the whole list of 10,000 tags in one response, 4 connections',
  measures: [{ key: 'rate', title: 'list of 10,000 tags', unit: 'req/s', better: 'higher' }],
  async prepare(storage) {
    storage.writeManifest('bench/tags', smallManifest('tag-list'), tags);
  },
  async run(server, _workspace, { seconds }) {
    const response = await fetch(server.url(path), { headers: { authorization: server.target.authorization } });
    const page = (await response.json()) as { tags: string[] };
    if (page.tags.length !== tags.length) throw new Error(`the list has ${page.tags.length} tags`);
    return { rate: (await requestRate(server, { method: 'GET', path, connections: 4, seconds })).perSecond };
  },
};
