import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.js';
import { digestOf } from '../content/digest.js';
import { smallManifest } from '../content/image.js';
import { StorageSeed } from '../content/storage-seed.js';
import { RawConnection } from '../generators/raw-connection.js';
import type { RunningServer } from '../servers/running-server.js';
import { stopwatch } from '../stopwatch.js';

const repository = 'bench/delete';
const manifest = smallManifest('manifest-delete');
const tags = Array.from({ length: 5_000 }, (_, index) => `v${index}`);
const clearedSeconds = 120;

export const manifestDelete: Benchmark = {
  name: 'manifest-delete',
  summary: 'DELETE of a manifest that 5,000 tags point to: the answer, and when the tags are gone from the disk',
  measures: [
    {
      key: 'answered',
      title: 'delete of a manifest with 5,000 tags',
      unit: 'ms',
      better: 'lower',
      goal: { absolute: 100 },
    },
    { key: 'cleared', title: 'the same until no tag is on the disk', unit: 'ms', better: 'lower' },
  ],
  async prepare(storage) {
    storage.writeManifest(repository, manifest, tags);
  },
  async run(server) {
    const connection = await RawConnection.open(server.target);
    const path = `/v2/${repository}/manifests/${digestOf(manifest)}`;
    const seconds = stopwatch();
    await connection.expect(202, { method: 'DELETE', path });
    const answered = seconds();
    connection.close();
    await expectNoTags(server);
    const storage = new StorageSeed(server.storageRoot);
    while (storage.countTags(repository) > 0) {
      if (seconds() > clearedSeconds) return { answered: answered * 1000, cleared: undefined };
      await pause(10);
    }
    return { answered: answered * 1000, cleared: seconds() * 1000 };
  },
};

/** Whatever a server does later: once it has answered, no client may see a tag. */
async function expectNoTags(server: RunningServer): Promise<void> {
  const url = server.url(`/v2/${repository}/tags/list`);
  const response = await fetch(url, { headers: { authorization: server.target.authorization } });
  const page = (await response.json()) as { tags?: string[] | null };
  if (page.tags?.length) throw new Error(`${page.tags.length} tags are left after the delete`);
}
