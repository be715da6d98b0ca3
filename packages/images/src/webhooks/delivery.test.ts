import type { Clock } from '@longshore/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudEvent } from './cloud-event.js';
import { Delivery, type DeliveryOutcome } from './delivery.js';
import { parseEndpoint } from './endpoint.js';
import type { StreamChange } from './stream-changes.js';
import { RECEIVER_SECRET, startReceiver, type Receiver } from './testing/receiver.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** Sleeps take no time, and are noted. */
function quickClock(): Clock & { slept: number[] } {
  let now = 1_767_323_045_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

function change(tag: string): StreamChange {
  return { namespace: 'shop', stream: 'app', uid: 'u', version: '7', cause: 'push', tag, digest: 'sha256:aa' };
}

async function receive(...answers: Parameters<typeof startReceiver>): Promise<Receiver> {
  const receiver = await startReceiver(...answers);
  cleanUp.push(() => receiver.close());
  return receiver;
}

function deliver(url: string, { secret = RECEIVER_SECRET, addresses = (): boolean => true } = {}) {
  const clock = quickClock();
  const outcomes: DeliveryOutcome[] = [];
  const messages: (string | undefined)[] = [];
  const delivery = new Delivery(parseEndpoint('ci', JSON.stringify({ url, secret })), {
    render: (told) => Promise.resolve(cloudEvent(told, undefined, new Date(clock.now()))),
    addresses,
    observe: (outcome, error) => {
      outcomes.push(outcome);
      messages.push(error?.message);
    },
    clock,
    random: () => 0,
  });
  const abort = new AbortController();
  const running = delivery.run(abort.signal);
  cleanUp.push(() => {
    abort.abort();
    return running;
  });
  return { delivery, clock, outcomes, messages };
}

describe('a delivery', () => {
  it('sends signed events in order', async () => {
    const receiver = await receive();
    const { delivery, outcomes } = deliver(receiver.url);
    for (const tag of ['a', 'b', 'c']) delivery.offer(change(tag));
    expect((await receiver.next(3)).map(({ subject }) => subject)).toEqual(['a', 'b', 'c']);
    expect(receiver.requests[0]).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': receiver.events[0]?.id,
      'webhook-timestamp': '1767323045',
    });
    expect(outcomes.filter((outcome) => outcome !== 'delivered')).toEqual([]);
  });

  it('tries again later and later, and keeps the order', async () => {
    const receiver = await receive([
      { status: 503 },
      { status: 500 },
      { status: 429, headers: { 'retry-after': '30' } },
    ]);
    const { delivery, clock, outcomes } = deliver(receiver.url);
    for (const tag of ['a', 'b']) delivery.offer(change(tag));
    expect((await receiver.next(2)).map(({ subject }) => subject)).toEqual(['a', 'b']);
    expect(clock.slept).toEqual([500, 1000, 30_000]);
    expect(outcomes.slice(0, 4)).toEqual(['retried', 'retried', 'retried', 'delivered']);
    expect(new Set(receiver.requests.slice(0, 4).map((headers) => headers['webhook-id'])).size).toBe(1);
  });

  it.each([400, 403, 410, 301])('drops what is answered by %i, and tells so with the next', async (status) => {
    const receiver = await receive([{ status }, { status }]);
    const { delivery, clock, outcomes, messages } = deliver(receiver.url);
    for (const tag of ['a', 'b', 'c', 'd']) delivery.offer(change(tag));
    const events = await receiver.next(2);
    expect(events.map(({ subject, missedevents }) => [subject, missedevents])).toEqual([
      ['c', 2],
      ['d', undefined],
    ]);
    expect(outcomes.slice(0, 3)).toEqual(['refused', 'refused', 'delivered']);
    expect(messages[0]).toBe(`endpoint "ci": answered ${status}`);
    expect(clock.slept).toEqual([]);
  });

  it('gives an event up after ten minutes', async () => {
    const receiver = await receive(
      Array.from({ length: 16 }, () => ({ status: 503, headers: { 'retry-after': '60' } })),
    );
    const { delivery, outcomes } = deliver(receiver.url);
    for (const tag of ['a', 'b']) delivery.offer(change(tag));
    expect((await receiver.next(1)).map(({ subject, missedevents }) => [subject, missedevents])).toEqual([['b', 1]]);
    expect(outcomes.slice(0, 11)).toEqual([...Array.from({ length: 10 }, () => 'retried'), 'expired']);
  });

  it('is refused by a receiver with another secret', async () => {
    const receiver = await receive();
    const secret = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
    const { delivery, messages } = deliver(receiver.url, { secret });
    delivery.offer(change('a'));
    await expect.poll(() => messages).toEqual(['endpoint "ci": answered 401']);
    expect(receiver.events).toEqual([]);
  });

  it('holds a bounded number of events', async () => {
    const receiver = await receive();
    const { delivery, outcomes } = deliver(receiver.url);
    for (let index = 0; index < 1005; index++) delivery.offer(change(String(index)));
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'overflowed'));
    const events = await receiver.next(1000);
    expect(events.reduce((sum, { missedevents = 0 }) => sum + missedevents, 0)).toBe(5);
  });

  it('connects to no address that the policy refuses', async () => {
    const receiver = await receive();
    const { delivery, outcomes, messages } = deliver(receiver.url, { addresses: () => false });
    delivery.offer(change('a'));
    await expect.poll(() => outcomes).toEqual(['refused']);
    expect(messages).toEqual(['endpoint "ci": none of its addresses may be connected to']);
    expect(receiver.requests).toEqual([]);
  });

  it('tries again when nobody listens', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    const { delivery, outcomes, messages } = deliver(receiver.url);
    delivery.offer(change('a'));
    await expect.poll(() => outcomes.at(-1)).toBe('expired');
    expect(messages[0]).toBe('endpoint "ci": cannot be reached');
  });
});
