import { hashSync } from 'bcryptjs';
import { afterEach, describe, expect, it } from 'vitest';
import { BcryptThread } from './bcrypt-thread.js';
import { AccessUnavailableError } from './errors.js';

const hash = hashSync('secret', 4);
const threads: BcryptThread[] = [];

function makeThread(maxWaiting?: number): BcryptThread {
  const thread = new BcryptThread(maxWaiting);
  threads.push(thread);
  return thread;
}

afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.close()));
});

describe('BcryptThread', () => {
  it('compares passwords', async () => {
    const { compare } = makeThread();
    const results = await Promise.all([compare('secret', hash), compare('wrong', hash), compare('secret', hash)]);
    expect(results).toEqual([true, false, true]);
  });

  it('refuses more than its limit, and takes others when these are done', async () => {
    const { compare } = makeThread(2);
    const first = [compare('secret', hash), compare('secret', hash)];
    await expect(compare('secret', hash)).rejects.toThrow(AccessUnavailableError);
    expect(await Promise.all(first)).toEqual([true, true]);
    expect(await compare('secret', hash)).toBe(true);
  });

  it('rejects what waits when the thread dies, and starts another', async () => {
    const { compare } = makeThread();
    const poison = compare('secret', null as unknown as string);
    const behind = compare('secret', hash);
    await expect(poison).rejects.toThrow(AccessUnavailableError);
    await expect(behind).rejects.toThrow(AccessUnavailableError);
    expect(await compare('secret', hash)).toBe(true);
  });

  it('rejects what waits when it is closed', async () => {
    const thread = makeThread();
    const waiting = expect(thread.compare('secret', hash)).rejects.toThrow(/shutting down/);
    await thread.close();
    await waiting;
  });
});
