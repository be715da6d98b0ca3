import { describe, expect, it } from 'vitest';
import { describeStorageDriver } from './conformance.js';
import { InMemoryDriver } from './inmemory.js';

describeStorageDriver('inmemory', async () => ({ driver: new InMemoryDriver() }), { describe, it });

describe('the clock of the in-memory driver', () => {
  it('stamps puts, writes and touches', async () => {
    let now = 1000;
    const driver = new InMemoryDriver({ now: () => now });
    await driver.put('/file', Buffer.from('text'));
    expect(driver.statNow('/file')?.modified).toBe(1000);

    now = 2000;
    await driver.touch('/file');
    expect(driver.statNow('/file')?.modified).toBe(2000);

    now = 3000;
    const writer = await driver.writer('/file', { append: true });
    expect(driver.statNow('/file')?.modified).toBe(2000);
    await writer.write(Buffer.from('more'));
    expect(driver.statNow('/file')?.modified).toBe(3000);

    now = 4000;
    await driver.move('/file', '/moved');
    expect(driver.statNow('/moved')?.modified).toBe(3000);
  });
});
