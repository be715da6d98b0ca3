import { expect, it } from 'vitest';
import { Senders } from './senders.js';

const alice = { name: 'alice', anonymous: false };

it('knows a sender until its time is over', () => {
  let now = 1000;
  const senders = new Senders(() => now);
  const sender = { subject: alice, until: 2000 };
  senders.set('digest', sender);
  now = 1999;
  expect(senders.get('digest')).toBe(sender);
  expect(senders.get('other')).toBeUndefined();
  now = 2000;
  expect(senders.get('digest')).toBeUndefined();
});

it('keeps the 10,000 that were asked for last', () => {
  const senders = new Senders(() => 0);
  for (let count = 0; count <= 10_000; count++) {
    senders.set(`digest ${count}`, { subject: alice, until: 1 });
    senders.get('digest 0');
  }
  expect(senders.get('digest 0')).toBeDefined();
  expect(senders.get('digest 1')).toBeUndefined();
  expect(senders.get('digest 10000')).toBeDefined();
});
