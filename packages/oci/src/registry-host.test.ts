import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRegistryHost, looksLikeHost, networkHost, normalizeHost } from './registry-host.js';

describe('looksLikeHost', () => {
  it.each([
    ['quay.io', true],
    ['host:5000', true],
    ['localhost', true],
    ['[::1]', true],
    ['localhosts', false],
    ['team', false],
    ['', false],
  ])('%j: %j', (component, expected) => expect(looksLikeHost(component)).toBe(expected));
});

describe('isRegistryHost', () => {
  it.each([
    'host',
    'a-b.c1.example',
    'UPPER.example:0',
    'host:65535',
    '127.0.0.1:5000',
    '[::]',
    '[::1]:5000',
    '[fe80::1:2]',
    '[1:2:3:4:5:6:7:8]',
    '[1:2:3:4:5:6:7::]',
  ])('takes %s', (text) => expect(isRegistryHost(text)).toBe(true));

  it.each([
    '',
    ':5000',
    'host:',
    'host:x',
    'host:65536',
    'host:5000:1',
    'a..b',
    'a.',
    '-a',
    'a_b',
    'a b',
    '[]',
    '[::1',
    '::1',
    '[::1]5000',
    '[:::]',
    '[1::2::3]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7::8]',
    '[g::]',
    '[fe80::1%eth0]',
    'a'.repeat(254),
  ])('refuses %j', (text) => expect(isRegistryHost(text)).toBe(false));
});

describe('normalizeHost', () => {
  it.each([
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['Registry-1.Docker.IO', 'docker.io'],
    ['hub.docker.io', 'hub.docker.io'],
    ['docker.io:443', 'docker.io:443'],
    ['QUAY.io:8443', 'quay.io:8443'],
  ])('%s: %s', (host, expected) => expect(normalizeHost(host)).toBe(expected));
});

describe('networkHost', () => {
  it.each([
    ['docker.io', false, 'registry-1.docker.io:443'],
    ['index.docker.io', false, 'registry-1.docker.io:443'],
    ['quay.io', false, 'quay.io:443'],
    ['quay.io', true, 'quay.io:80'],
    ['quay.io:5000', true, 'quay.io:5000'],
    ['[::1]', false, '[::1]:443'],
    ['[::1]:5000', false, '[::1]:5000'],
  ])('%s, insecure %j: %s', (host, insecure, expected) => expect(networkHost(host, { insecure })).toBe(expected));

  it('is a host with a port, and stays the same when it is taken again', () => {
    const host = fc.constantFrom(
      'docker.io',
      'quay.io',
      'Quay.IO:1',
      'localhost',
      '127.0.0.1:65535',
      '[::1]',
      '[::1]:80',
    );
    fc.assert(
      fc.property(host, fc.boolean(), (text, insecure) => {
        const once = networkHost(text, { insecure });
        expect(isRegistryHost(once)).toBe(true);
        expect(networkHost(once, { insecure: !insecure })).toBe(once);
      }),
    );
  });
});
