import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { Hasher } from './hasher.js';

const hashers: Hasher[] = [];

function makeHasher(bytes: Uint8Array) {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  const hasher = new Hasher(memory);
  hashers.push(hasher);
  return hasher;
}

afterEach(async () => {
  await Promise.all(hashers.splice(0).map((hasher) => hasher.close()));
});

const bytes = Buffer.from('what the thread and its registry share');
const hex = (algorithm: string, ...parts: Uint8Array[]) =>
  createHash(algorithm).update(Buffer.concat(parts)).digest('hex');

describe('Hasher', () => {
  it('hashes several jobs at once, each in the order of its pieces', async () => {
    const hasher = makeHasher(bytes);
    const [one, two] = [hasher.begin(['sha256']), hasher.begin(['sha512', 'sha256'])];
    void one.update(0, 10);
    void two.update(5, 20);
    void one.update(20, 3);
    const [first, second, third] = await Promise.all([
      one.digest('sha256'),
      two.digest('sha512'),
      two.digest('sha256'),
    ]);
    expect(first).toBe(hex('sha256', bytes.subarray(0, 10), bytes.subarray(20, 23)));
    expect(second).toBe(hex('sha512', bytes.subarray(5, 25)));
    expect(third).toBe(hex('sha256', bytes.subarray(5, 25)));
    expect([one.algorithms, two.algorithms]).toEqual([['sha256'], ['sha512', 'sha256']]);
  });

  it('can go on after a digest', async () => {
    const job = makeHasher(bytes).begin(['sha256']);
    expect(await job.digest('sha256')).toBe(hex('sha256'));
    await job.update(0, 4);
    expect(await job.digest('sha256')).toBe(hex('sha256', bytes.subarray(0, 4)));
    expect(await job.digest('sha256')).toBe(hex('sha256', bytes.subarray(0, 4)));
  });

  it('has read the bytes when an update is over', async () => {
    const memory = new SharedArrayBuffer(4);
    const hasher = new Hasher(memory);
    hashers.push(hasher);
    const job = hasher.begin(['sha256']);
    await job.update(0, 4);
    new Uint8Array(memory).fill(255);
    expect(await job.digest('sha256')).toBe(hex('sha256', Buffer.alloc(4)));
  });

  it('fails the jobs of a thread that ended, and starts another for the next', async () => {
    const hasher = makeHasher(bytes);
    const lost = hasher.begin(['sha256']);
    const pending = expect(lost.update(0, 4)).rejects.toThrow();
    await hasher.close();
    await pending;
    await expect(lost.digest('sha256')).rejects.toThrow('the hashing thread ended');
    expect(() => lost.drop()).not.toThrow();
    const next = hasher.begin(['sha256']);
    await next.update(0, 4);
    expect(await next.digest('sha256')).toBe(hex('sha256', bytes.subarray(0, 4)));
  });

  it('hashes a small body at once, with the same result', async () => {
    const hasher = makeHasher(bytes);
    const job = hasher.begin(['sha512', 'sha256'], 20);
    void job.update(5, 10);
    await job.update(15, 10);
    for (const algorithm of ['sha256', 'sha512'] as const) {
      expect(await job.digest(algorithm)).toBe(hex(algorithm, bytes.subarray(5, 25)));
    }
    expect(() => job.drop()).not.toThrow();
  });

  it('knows the digest of nothing', async () => {
    for (const expected of [0, Infinity]) {
      const job = makeHasher(bytes).begin(['sha256'], expected);
      expect(await job.digest('sha256')).toBe(hex('sha256'));
      job.drop();
    }
  });

  it('may start before it is needed', async () => {
    const hasher = makeHasher(bytes);
    hasher.start();
    const job = hasher.begin(['sha256']);
    await job.update(0, 4);
    expect(await job.digest('sha256')).toBe(hex('sha256', bytes.subarray(0, 4)));
  });

  it('needs no thread to be closed', async () => {
    await expect(makeHasher(bytes).close()).resolves.toBeUndefined();
  });
});
