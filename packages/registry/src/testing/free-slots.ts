import type { Slot, SlotPool } from '../uploads/slot-pool.js';

/** How many slots of a pool nobody holds. */
export function freeSlots(pool: SlotPool): number {
  const slots: Slot[] = [];
  for (let slot = pool.take(); slot; slot = pool.take()) slots.push(slot);
  slots.forEach((slot) => pool.give(slot));
  return slots.length;
}
