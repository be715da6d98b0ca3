import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Journal, RegistryClient } from '@longshore/distribution';
import { temporaryFolder } from '@longshore/testkit';
import { afterEach, expect, it, vi } from 'vitest';
import { parsePlaceName } from './place-name.js';
import { Places } from './places.js';

afterEach(() => void vi.restoreAllMocks());

it('unlocks all folders when one of them cannot keep what was learnt', async () => {
  const dir = temporaryFolder('places');
  const client = new RegistryClient();
  const names = ['mirror.test/app:v1', 'file://app:v1', `oci:${dir}/layout`, `dir:${dir}/folder`].map((name) =>
    parsePlaceName(name),
  );
  for (const folder of ['layout', 'folder']) mkdirSync(join(dir, folder));
  const options = { sourceDir: dir, targetDir: dir, stateDir: join(dir, 'state'), mount: true, dryRun: false };
  const places = new Places({ client, ...options, maxPerRegistry: 1 }, names);
  for (const name of names) await places.target(name);
  const locks = ['.', 'layout', 'folder'].map((folder) => join(dir, folder, '.longshore/lock'));
  expect(locks.map((lock) => existsSync(lock))).toEqual([true, true, true]);
  const close = vi.spyOn(Journal.prototype, 'close');
  vi.spyOn(Journal.prototype, 'flush').mockRejectedValue(new Error('no space is left'));
  await expect(places.close()).rejects.toThrow('no space is left');
  expect(close).toHaveBeenCalledTimes(4);
  expect(locks.map((lock) => existsSync(lock))).toEqual([false, false, false]);
  await client.close();
});
