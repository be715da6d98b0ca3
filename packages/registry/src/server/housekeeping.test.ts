import { StorageError, InMemoryDriver } from '@longshore/storage';
import { expect, it } from 'vitest';
import { defaultConfig } from '../config/index.js';
import { uploadsFolder } from '../layout.js';
import { createLogger } from '../observe/index.js';
import type { Services } from '../services.js';
import { TagStore } from '../tags/tag-store.js';
import { Tombstones } from '../tags/tombstones.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { UploadStore } from '../uploads/upload-store.js';
import { keepHouse } from './housekeeping.js';

const AGE_MS = 1000;

/** A registry in which nothing can be done to the uploads of `broken/app`, and that looks each millisecond. */
function start(signal: AbortSignal) {
  let now = 1_700_000_000_000;
  const clock = () => now;
  const memory = new InMemoryDriver({ now: clock });
  let rounds = 0;
  const driver = hookedDriver(memory, ({ name, path }) => {
    if (name === 'list' && path.endsWith('/repositories')) rounds++;
    if (name === 'list' && path === uploadsFolder('broken/app')) throw new StorageError('UNKNOWN', path, 'EIO');
  });
  const config = defaultConfig();
  config.storage.maintenance.uploadpurging = { enabled: true, age: AGE_MS, interval: 1, dryrun: false };
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line), flush: () => Promise.resolve() };
  const store = new UploadStore(driver, clock);
  const parts = {
    config,
    driver,
    log: createLogger({ destination }),
    tombstones: new Tombstones(driver, new TagStore(driver)),
    uploads: { store },
  };
  keepHouse(parts as unknown as Services, signal);
  return { store, lines, rounds: () => rounds, advance: (ms: number) => (now += ms) };
}

it('deletes forgotten uploads, also behind a repository that cannot be read, until it is told to end', async () => {
  const stop = new AbortController();
  const { store, lines, rounds, advance } = start(stop.signal);
  await store.create('broken/app');
  const forgotten = await store.create('team/app');
  advance(AGE_MS + 1);
  const young = await store.create('team/app');
  await expect.poll(() => store.offset('team/app', forgotten), { timeout: 20_000 }).toBeUndefined();
  expect(await store.offset('team/app', young)).toBe(0);
  expect(lines.some((line) => line.includes('purging uploads failed') && line.includes('vars.name=broken/app'))).toBe(
    true,
  );
  expect(lines.some((line) => line.includes(`vars.uuid=${forgotten}`))).toBe(true);

  const before = rounds();
  await expect.poll(rounds, { timeout: 20_000 }).toBeGreaterThan(before + 2);
  stop.abort();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  const atEnd = rounds();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  expect(rounds()).toBe(atEnd);
});
