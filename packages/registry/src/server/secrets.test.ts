import { InMemoryDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { hookedDriver } from '../testing/hooked-driver.js';
import { derivedKey, sharedSecret } from './secrets.js';

describe('sharedSecret', () => {
  it('is the configured one', async () => {
    const driver = new InMemoryDriver();
    expect(await sharedSecret('configured', driver)).toEqual(Buffer.from('configured'));
    expect(driver.statNow('/docker')).toBeUndefined();
  });

  it.each([undefined, ''])('is made once where there is none (%j), and kept in storage', async (configured) => {
    const driver = new InMemoryDriver();
    const secret = await sharedSecret(configured, driver);
    expect(secret).toHaveLength(32);
    expect(await sharedSecret(configured, driver)).toEqual(secret);
    expect(await sharedSecret(configured, new InMemoryDriver())).not.toEqual(secret);
  });

  it('is made anew where what is kept is damaged', async () => {
    const driver = new InMemoryDriver();
    await driver.put('/docker/registry/v2/longshore/secret', Buffer.from('short'));
    expect(await sharedSecret(undefined, driver)).toHaveLength(32);
  });

  it('is kept where only the server can read it', async () => {
    const memory = new InMemoryDriver();
    const options: unknown[] = [];
    memory.put = (path, content, ...rest: unknown[]) => {
      options.push(...rest);
      return InMemoryDriver.prototype.put.call(memory, path, content);
    };
    await sharedSecret(
      undefined,
      hookedDriver(memory, () => undefined),
    );
    expect(options).toEqual([{ private: true }]);
  });
});

describe('derivedKey', () => {
  it('differs by purpose and by secret, and does not show the secret', () => {
    const secrets = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const keys = secrets.flatMap((secret) => [derivedKey(secret, 'uploads'), derivedKey(secret, 'tokens')]);
    expect(new Set([...keys, ...secrets].map((key) => key.toString('hex'))).size).toBe(6);
    expect(keys.every((key) => key.length === 32)).toBe(true);
    expect(derivedKey(secrets[0] as Buffer, 'uploads')).toEqual(keys[0]);
  });
});
