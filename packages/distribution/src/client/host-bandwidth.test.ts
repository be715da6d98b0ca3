import { expect, it } from 'vitest';
import { HostBandwidth } from './host-bandwidth.js';

it('knows hosts by all their names, and no others', () => {
  const rates: [string, number][] = [
    ['Docker.io', 4000],
    ['mirror.test:443', 2000],
  ];
  const bandwidth = new HostBandwidth(new Map(rates));
  expect(bandwidth.of('index.docker.io')?.rate).toEqual({ perSecond: 4000, burst: 1000 });
  expect(bandwidth.of('mirror.test')).toBe(bandwidth.of('mirror.test:443'));
  expect([bandwidth.of('mirror.test:5000'), bandwidth.of('quay.io')]).toEqual([undefined, undefined]);
});
