import { setImmediate as turn } from 'node:timers/promises';
import { forbidden, notFound } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { Publisher } from './publisher.js';

const STREAMS = { group: 'image.openshift.io', resource: 'imagestreams' };
const IMAGE = { apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata: { name: `sha256:${'0'.repeat(64)}` } };
const PUSHER = { name: 'ann', anonymous: false };

/** An API without streams, which answers in the next turn. */
class EmptyApi {
  readonly calls: string[] = [];
  readonly streams = new Set<string>();

  constructor(private readonly mayCreate = true) {}

  async createMapping({ name }: { name: string }, tag: string): Promise<void> {
    this.calls.push(`${name}:${tag}`);
    await turn();
    if (!this.streams.has(name)) throw notFound(STREAMS, name);
  }

  async createStream({ name }: { name: string }): Promise<void> {
    this.calls.push(`create ${name}`);
    await turn();
    if (!this.mayCreate) throw forbidden(STREAMS, name, 'quota exceeded');
    this.streams.add(name);
  }

  createImage = () => Promise.resolve();
}

const publisherOf = (api: EmptyApi) =>
  new Publisher({ api, allows: () => true, readSmall: () => Promise.resolve(undefined), address: 'registry:5000' });

describe('Publisher', () => {
  it('makes a stream once for all who push to it meanwhile', async () => {
    const api = new EmptyApi();
    const publisher = publisherOf(api);
    const push = (repository: string, tag: string) => publisher.publish(repository, [tag], IMAGE, PUSHER);
    await Promise.all([push('shop/app', 'a'), push('shop/app', 'b'), push('shop/web', 'a'), push('shop/app', 'c')]);
    expect(api.calls.filter((call) => call.startsWith('create'))).toEqual(['create app', 'create web']);
    expect(api.calls.filter((call) => call.startsWith('app:'))).toHaveLength(6);
  });

  it('tells each of them when that is refused, and tries again for the next', async () => {
    const api = new EmptyApi(false);
    const publisher = publisherOf(api);
    const push = (tag: string) => publisher.publish('shop/app', [tag], IMAGE, PUSHER);
    const denied = expect.objectContaining({ code: 'DENIED' }) as Error;
    for (const tags of [['a', 'b'], ['c']]) {
      const answers = await Promise.allSettled(tags.map(push));
      expect(answers.map((answer) => answer.status === 'rejected' && (answer.reason as unknown))).toEqual(
        tags.map(() => denied),
      );
    }
    expect(api.calls).toEqual(['app:a', 'app:b', 'create app', 'app:c', 'create app']);
  });
});
