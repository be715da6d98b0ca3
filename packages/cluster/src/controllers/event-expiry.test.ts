import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../kinds/testing/kind-server.js';
import { EVENT_TTL_MS, eventEnd, eventExpiryController } from './event-expiry.js';

const START = Date.UTC(2026, 0, 1);
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const signal = new AbortController().signal;

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

describe('the end of an event', () => {
  it.each<[string, object, number]>([
    ['made once', {}, 0],
    ['that happened again', { lastTimestamp: at(30) }, 30],
    ['of a series', { eventTime: at(5), series: { lastObservedTime: at(40) } }, 40],
    ['with times that are none', { lastTimestamp: null, eventTime: 'soon' }, 0],
  ])('%s', (_what, more, minutes) => {
    const metadata = { name: 'e', creationTimestamp: at(0) };
    const event = { apiVersion: 'v1', kind: 'Event', metadata, ...more };
    expect(eventEnd(event)).toBe(START + minutes * 60_000 + EVENT_TTL_MS);
  });
});

describe('events', () => {
  it('go an hour after they happened last', async () => {
    const metadata = { name: 'e', namespace: 'default' };
    const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default' };
    const last = '2026-01-02T05:00:00Z';
    await kinds.create({ kind: 'Event', apiVersion: 'v1', metadata, involvedObject, lastTimestamp: last });
    const { objects } = kinds.server;
    const look = (now: string) => eventExpiryController(() => Date.parse(now)).reconcile('default/e', objects, signal);
    expect(await look('2026-01-02T05:59:00Z')).toEqual({ after: 60_000 });
    expect(await objects.get('events', 'default', 'e')).toBeDefined();
    await look('2026-01-02T06:00:00Z');
    expect(await objects.get('events', 'default', 'e')).toBeUndefined();
    expect(await look('2026-01-02T06:00:00Z')).toBeUndefined();
  });
});
