import { describeStorageDriver, InMemoryDriver, StorageError } from '@longshore/storage';
import type { StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { instrumentDriver } from './instrumented-driver.js';
import { createMetrics } from './metrics.js';

const quiet = () => createMetrics({ runtime: false });

describeStorageDriver(
  'inmemory, instrumented',
  async () => ({ driver: instrumentDriver(new InMemoryDriver(), quiet()) }),
  { describe, it },
);

describe('instrumentDriver', () => {
  it('measures each call once', async () => {
    const metrics = quiet();
    const driver = instrumentDriver(new InMemoryDriver(), metrics);
    await driver.put('/a/b', Buffer.from('text'));
    await driver.get('/a/b');
    await driver.stat('/a/b');
    await driver.touch('/a/b');
    await driver.list('/a');
    const reader = await driver.open('/a/b');
    await reader.read(new Uint8Array(4), 0);
    await reader.close();
    const writer = await driver.writer('/a/c');
    await writer.write(Buffer.from('text'));
    await writer.sync();
    await writer.close();
    expect(writer.size).toBe(4);
    await driver.move('/a/c', '/a/d');
    await driver.delete('/a/d');

    const rendered = await metrics.render();
    const calls = ['Put', 'Get', 'Stat', 'Touch', 'List', 'Open', 'Writer', 'Move', 'Delete'].map(
      (call) => `StorageDriver.${call}`,
    );
    for (const operation of [...calls, 'ReadCloser.Close', 'FileWriter.Sync', 'FileWriter.Close']) {
      expect(rendered).toContain(`imageregistry_storage_duration_seconds_count{operation="${operation}"} 1\n`);
    }
    expect(rendered).toContain('registry_storage_action_seconds_count{driver="inmemory",action="GetContent"} 1\n');
    expect(rendered).not.toContain('operation="FileWriter.Write"');
    expect(rendered).not.toContain('imageregistry_storage_errors_total{');
  });

  it('counts failures by code and passes them on', async () => {
    const metrics = quiet();
    const full = new StorageError('DEVICE_OUT_OF_SPACE', '/a');
    const broken: StorageDriver = Object.assign(new InMemoryDriver(), {
      put: () => Promise.reject(full),
      list: () => Promise.reject(new Error('unexpected')),
      getNow: () => {
        throw new StorageError('FILE_TOO_LARGE', '/a');
      },
      writer: () =>
        Promise.resolve({
          size: 0,
          write: () => Promise.reject(full),
          sync: () => Promise.resolve(),
          close: () => Promise.resolve(),
        }),
    });
    const driver = instrumentDriver(broken, metrics);
    await expect(driver.put('/a', Buffer.of())).rejects.toBe(full);
    await expect(driver.list('/a')).rejects.toThrow('unexpected');
    await expect((await driver.writer('/a')).write(Buffer.of())).rejects.toBe(full);
    expect(() => driver.getNow?.('/a', 1)).toThrow('FILE_TOO_LARGE');

    const rendered = await metrics.render();
    for (const [operation, code] of [
      ['StorageDriver.Put', 'DEVICE_OUT_OF_SPACE'],
      ['StorageDriver.List', 'UNKNOWN'],
      ['StorageDriver.Get', 'FILE_TOO_LARGE'],
      ['FileWriter.Write', 'DEVICE_OUT_OF_SPACE'],
    ]) {
      expect(rendered).toContain(`imageregistry_storage_errors_total{operation="${operation}",code="${code}"} 1\n`);
    }
    expect(rendered).toContain('imageregistry_storage_duration_seconds_count{operation="StorageDriver.Put"} 1\n');
  });

  it('lacks what the driver lacks', async () => {
    const local = new InMemoryDriver();
    const remote: StorageDriver = Object.assign(Object.create(local) as InMemoryDriver, {
      statNow: undefined,
      getNow: undefined,
      redirectUrl: () => Promise.resolve('https://bucket/a'),
    });
    const plain = instrumentDriver(local, quiet());
    expect(plain.statNow?.('/none')).toBeUndefined();
    expect(typeof plain.getNow).toBe('function');
    expect(typeof plain.redirectUrl).toBe('undefined');
    const redirecting = instrumentDriver(remote, quiet());
    expect([typeof redirecting.statNow, typeof redirecting.getNow]).toEqual(['undefined', 'undefined']);
    expect(await redirecting.redirectUrl?.('/a', { method: 'GET' })).toBe('https://bucket/a');
  });
});
