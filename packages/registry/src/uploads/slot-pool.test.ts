import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeSlots } from '../testing/free-slots.js';
import { SlotPool, type Slot } from './slot-pool.js';

describe('SlotPool', () => {
  it('cuts its memory into slots that do not overlap', () => {
    const pool = new SlotPool(3, 10);
    const slots = [pool.take(), pool.take(), pool.take()];
    expect(pool.take()).toBeUndefined();
    slots.forEach((slot, index) => slot?.bytes.fill(index + 1));
    const memory = new Uint8Array(pool.memory);
    for (const [index, slot] of slots.entries()) {
      const start = slot?.start ?? -1;
      expect([...memory.subarray(start, start + 10)]).toEqual(Array(10).fill(index + 1));
    }
  });

  it('serves those who wait in the order in which they came, before those who come later', async () => {
    const pool = new SlotPool(1, 10);
    const slot = await pool.wait();
    const served: string[] = [];
    const waits = ['first', 'second'].map((name) =>
      pool.wait().then((got) => {
        served.push(name);
        return got;
      }),
    );
    pool.give(slot);
    expect(pool.take()).toBeUndefined();
    pool.give(await (waits[0] as Promise<Slot>));
    pool.give(await (waits[1] as Promise<Slot>));
    expect(served).toEqual(['first', 'second']);
    expect(freeSlots(pool)).toBe(1);
  });

  it('never gives a slot to two, and has all of them in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat({ max: 3 })), async (count, acts) => {
        const pool = new SlotPool(count, 1);
        const held: Slot[] = [];
        let waiting = 0;
        const hold = (slot: Slot) => {
          expect(held).not.toContain(slot);
          held.push(slot);
        };
        for (const act of acts) {
          const slot = act === 0 ? pool.take() : undefined;
          if (slot) hold(slot);
          if (act === 1) {
            waiting++;
            void pool.wait().then((got) => {
              waiting--;
              hold(got);
            });
          }
          const back = act > 1 ? held.shift() : undefined;
          if (back) pool.give(back);
          await Promise.resolve();
        }
        for (let slot = held.shift(); slot; slot = held.shift()) {
          pool.give(slot);
          await Promise.resolve();
        }
        expect(waiting).toBe(0);
        expect(freeSlots(pool)).toBe(count);
      }),
    );
  });
});
