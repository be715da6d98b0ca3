import { digestOf } from '@longshore/oci';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeImageApi } from '../testing/fake-image-api.js';
import { imageOf, JoinedRegistry } from '../testing/joined-registry.js';

const IMAGE = imageOf('one');
const LAYER = digestOf(Buffer.from(IMAGE.layer));
const WAIT = 30_000;
let api: FakeImageApi;
let registry: JoinedRegistry;

beforeEach(async () => {
  api = new FakeImageApi();
  api.rules.push({ user: 'editor', verb: '*', resource: '*' });
  api.namespaces.add('bank');
  registry = await JoinedRegistry.start({ api });
  await vi.waitFor(() => expect(api.watching).toBe(1), WAIT);
  await registry.pushImage('bank/base', 'v1', 'one');
  api.tag('shop/app', 'v1', IMAGE.digest);
});
afterEach(() => registry.close());

const statusOfLayer = async () => (await registry.send(`/v2/shop/app/blobs/${LAYER}`)).status;
const asked = () => api.calls.filter((call) => call === 'GET imagestreams/app/layers').length;

it('what a tag brought from another project is served without a question until the stream changes', async () => {
  for (let times = 0; times < 3; times++) expect(await statusOfLayer()).toBe(200);
  expect(asked()).toBe(1);
  api.untag('shop/app', 'v1');
  api.deliver();
  await vi.waitFor(async () => expect(await statusOfLayer()).toBe(404), WAIT);
});

it('what a stream listed before the watch broke is not served on trust', async () => {
  expect(await statusOfLayer()).toBe(200);
  api.breakWatches();
  await vi.waitFor(() => expect(registry.lines.join()).toContain('not watched just now'), WAIT);
  api.untag('shop/app', 'v1');
  expect(await statusOfLayer()).toBe(404);
  api.tag('shop/app', 'v1', IMAGE.digest);
  await vi.waitFor(() => expect(api.watching).toBe(1), WAIT);
  expect(await statusOfLayer()).toBe(200);
  const { length } = api.calls;
  expect(await statusOfLayer()).toBe(200);
  expect(api.calls).toHaveLength(length);
});
