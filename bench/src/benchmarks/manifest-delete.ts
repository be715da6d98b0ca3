import type { Benchmark } from '../benchmark.js';
import { digestOf } from '../content/digest.js';
import { manifestType, smallManifest } from '../content/image.js';
import { RawConnection } from '../generators/raw-connection.js';
import { stopwatch } from '../stopwatch.js';

const manifest = smallManifest('manifest-delete');
const tags = Array.from({ length: 5_000 }, (_, index) => `v${index}`);

export const manifestDelete: Benchmark = {
  name: 'manifest-delete',
  summary: 'DELETE of a manifest that 5,000 tags point to',
  measures: [
    {
      key: 'milliseconds',
      title: 'delete of a manifest with 5,000 tags',
      unit: 'ms',
      better: 'lower',
      goal: { absolute: 100 },
    },
  ],
  async prepare(storage) {
    storage.writeManifest('bench/delete', manifest, tags);
  },
  async run(server) {
    const connection = await RawConnection.open(server.target);
    const path = `/v2/bench/delete/manifests/${digestOf(manifest)}`;
    const seconds = stopwatch();
    await connection.expect(202, { method: 'DELETE', path });
    const milliseconds = seconds() * 1000;
    // No tag may be left behind.
    const last = `/v2/bench/delete/manifests/${tags.at(-1)}`;
    await connection.expect(404, { method: 'HEAD', path: last, headers: { Accept: manifestType } });
    connection.close();
    return { milliseconds };
  },
};
