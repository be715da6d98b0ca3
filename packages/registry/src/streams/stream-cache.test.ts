import { digestOf, type Digest } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { StreamCache } from './stream-cache.js';
import type { StreamView } from './stream-view.js';

const digest = digestOf(Buffer.from('x'));
function view(version: number, tags = 1): StreamView {
  const names = Array.from({ length: tags }, (_, index): [string, Digest] => [`t${index}`, digest]);
  return { uid: '', resourceVersion: String(version), tags: new Map(names), sources: [] };
}
async function cacheWith(...keys: string[]): Promise<StreamCache> {
  const cache = new StreamCache();
  cache.begin();
  for (const key of keys) await cache.fill(key, () => Promise.resolve(view(1)));
  return cache;
}

describe('StreamCache', () => {
  it('knows nothing without a watch', async () => {
    const cache = new StreamCache();
    await cache.fill('a/b', () => Promise.resolve(view(1)));
    expect(cache.get('a/b')).toBeUndefined();
    cache.begin();
    await cache.fill('a/b', () => Promise.resolve(view(1)));
    expect(cache.get('a/b')).toEqual(view(1));
    cache.forget();
    cache.begin();
    expect(cache.get('a/b')).toBeUndefined();
  });

  it('does not take an answer to a question from before the watch', async () => {
    const cache = await cacheWith();
    let answer: (view: StreamView) => void = () => undefined;
    const asked = cache.fill('a/b', () => new Promise<StreamView>((resolve) => (answer = resolve)));
    cache.forget();
    cache.begin();
    answer(view(1));
    expect(await asked).toEqual(view(1));
    expect(cache.get('a/b')).toBeUndefined();
  });

  it('forgets a question that failed', async () => {
    const cache = await cacheWith();
    await expect(cache.fill('a/b', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    cache.changed('a/b', '5');
    await cache.fill('a/b', () => Promise.resolve(view(1)));
    expect(cache.get('a/b')).toEqual(view(1));
  });

  it('forgets what has changed since it was asked for', async () => {
    const cache = await cacheWith('a/b', 'c/d');
    cache.changed('a/b', '1');
    expect(cache.get('a/b')).toEqual(view(1));
    cache.changed('a/b', '2');
    expect(cache.get('a/b')).toBeUndefined();
    expect(cache.get('c/d')).toEqual(view(1));
  });

  it.each<[string, StreamView | undefined]>([
    ['there is none', undefined],
    ['it is as it was before', view(1)],
  ])('does not remember that %s when it hears of a change while it asks', async (_, answer) => {
    const cache = await cacheWith();
    const ask = async () => {
      cache.changed('a/b', '2');
      return answer;
    };
    expect(await cache.fill('a/b', ask)).toEqual(answer);
    expect(cache.get('a/b')).toBeUndefined();
    await cache.fill('a/b', async () => {
      cache.changed('a/b', '2');
      return view(3);
    });
    expect(cache.get('a/b')).toEqual(view(3));
  });

  it('remembers that there is no stream until it hears of one', async () => {
    const cache = await cacheWith();
    await cache.fill('a/b', () => Promise.resolve(undefined));
    expect(cache.get('a/b')).toBe('absent');
    cache.changed('a/b', '2');
    expect(cache.get('a/b')).toBeUndefined();
  });

  it('keeps so many tags and no more', async () => {
    const cache = await cacheWith();
    for (let stream = 0; stream < 30; stream++) {
      await cache.fill(`a/s${stream}`, () => Promise.resolve(view(1, 5000)));
    }
    const kept = Array.from({ length: 30 }, (_, stream) => cache.get(`a/s${stream}`)).filter(Boolean).length;
    expect(kept).toBe(19);
    await cache.fill('a/huge', () => Promise.resolve(view(1, 200_000)));
    expect(cache.get('a/huge')).toBeUndefined();
  });
});
