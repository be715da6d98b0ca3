import { describe, expect, it } from 'vitest';
import { isRegistryHost, looksLikeHost } from './registry-host.js';

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
