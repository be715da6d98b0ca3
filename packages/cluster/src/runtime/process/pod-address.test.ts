import { describe, expect, it } from 'vitest';
import { listenOnPod } from './pod-address.js';

const IP = '127.64.1.0';
const done = () => undefined;

describe('where a server of a pod listens', () => {
  it.each<[unknown[], unknown[]]>([
    [[5000], [5000, IP]],
    [
      ['5000', done],
      ['5000', IP, done],
    ],
    [
      [5000, '0.0.0.0', 511, done],
      [5000, IP, 511, done],
    ],
    [
      [5000, '127.0.0.1', done],
      [5000, '127.0.0.1', done],
    ],
    [
      [5000, undefined, 10],
      [5000, IP, 10],
    ],
    [[{ port: 1 }], [{ port: 1, host: IP, ipv6Only: false }]],
    [
      [{ port: 1, host: '::' }, done],
      [{ port: 1, host: IP, ipv6Only: false }, done],
    ],
    [[{ port: 1, host: '10.0.0.1' }], [{ port: 1, host: '10.0.0.1' }]],
    [['/run/socket'], ['/run/socket']],
    [[{ path: '/run/socket' }], [{ path: '/run/socket' }]],
    [[{ fd: 3 }], [{ fd: 3 }]],
    [[], []],
  ])('%j', (args, expected) => {
    expect(listenOnPod(args, IP)).toEqual(expected);
  });
});
