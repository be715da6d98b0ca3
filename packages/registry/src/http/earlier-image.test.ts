import { describe, expect, it, vi } from 'vitest';
import { digestNamed } from '../testing/digests.js';
import { findEarlier, freshOrEarlier, staleHeaders, type EarlierImage } from './earlier-image.js';

const content = { bytes: Buffer.from('{}'), mediaType: 'application/vnd.oci.image.manifest.v1+json' };
const earlier: EarlierImage = { digest: digestNamed('old'), content, created: '2026-01-01T00:00:00Z' };
const never = () => new Promise<never>(() => undefined);

describe('an image of a tag that upstream has to give', () => {
  it('is what upstream gives when it does so in time, and nobody looks for another', async () => {
    const find = vi.fn(() => Promise.resolve(earlier));
    expect(await freshOrEarlier(Promise.resolve('fresh'), find, never)).toEqual({ fresh: 'fresh' });
    expect(find).not.toHaveBeenCalled();
  });

  it.each([
    ['fails', () => Promise.reject(new Error('down')), never],
    ['does not have it', () => Promise.resolve(undefined), never],
    ['takes too long', never, () => Promise.resolve()],
  ])('is an earlier one when upstream %s', async (_, fresh: () => Promise<string | undefined>, patience) => {
    expect(await freshOrEarlier(fresh(), () => Promise.resolve(earlier), patience)).toEqual({ earlier });
  });

  it.each([
    ['there is no earlier one', () => Promise.resolve(undefined)],
    ['one cannot look for an earlier one', () => Promise.reject(new Error('the API is down'))],
  ])('is waited for when %s', async (_, none: () => Promise<undefined>) => {
    const late = Promise.resolve().then(() => 'late');
    expect(await freshOrEarlier(late, none, () => Promise.resolve())).toEqual({ fresh: 'late' });
    await expect(freshOrEarlier(Promise.reject(new Error('down')), none, never)).rejects.toThrow('down');
  });
});

describe('the earlier image', () => {
  const event = (name: string) => ({
    created: `2026-01-01T00:00:00Z`,
    dockerImageReference: 'up.example/app',
    image: name === '' ? '' : digestNamed(name),
    generation: 1,
  });

  it('is the newest one that is held, and not the one that is wanted', async () => {
    const history = ['new', '', 'gone', 'old', 'older'].map(event);
    const isHeld = new Set(['new', 'old', 'older'].map(digestNamed));
    const held = (digest: string) => Promise.resolve(isHeld.has(digest as never) ? content : undefined);
    expect(await findEarlier(history, digestNamed('new'), held)).toMatchObject({ digest: digestNamed('old') });
    expect(await findEarlier(history.slice(0, 3), digestNamed('new'), held)).toBeUndefined();
  });

  it('is served with a warning and its age', () => {
    expect(staleHeaders(earlier, Date.parse('2026-01-01T01:00:00.500Z'))).toEqual([
      'Warning',
      expect.stringMatching(/^110 - "[^"]+"$/) as string,
      'Age',
      3600,
    ]);
    expect(staleHeaders({ ...earlier, created: '' }, 0)).toHaveLength(2);
  });
});
