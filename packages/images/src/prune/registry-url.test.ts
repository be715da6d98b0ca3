import { describe, expect, it } from 'vitest';
import { isPrivateHost, parseRegistryUrl } from './registry-url.js';

describe('a registry URL', () => {
  it.each([
    ['registry:5000', undefined, 'registry:5000'],
    ['https://registry.example.com', 'https', 'registry.example.com'],
    ['http://10.0.0.1:5000/', 'http', '10.0.0.1:5000'],
    ['[fd00::1]:5000', undefined, '[fd00::1]:5000'],
  ])('%s', (text, scheme, host) => {
    expect(parseRegistryUrl(text)).toEqual({ scheme, host });
  });

  it.each([
    ['ftp://registry', 'the scheme of a registry is http or https'],
    ['https://registry/v2', 'neither path nor query'],
    ['registry?x', 'neither path nor query'],
    ['https://user:secret@registry', 'no credentials'],
    ['', 'expected the host'],
    ['https://', 'expected the host'],
  ])('%j is none', (text, why) => {
    expect(() => parseRegistryUrl(text)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(why) as string }),
    );
  });
});

it.each([
  ['127.0.0.1:5000', true],
  ['localhost:5000', true],
  ['10.1.2.3', true],
  ['172.30.0.1:5000', true],
  ['169.254.1.1', true],
  ['[::1]:5000', true],
  ['[fd00::1]', true],
  ['172.32.0.1', false],
  ['8.8.8.8:443', false],
  ['registry.example.com:5000', false],
  ['10.example.com', false],
])('%s is private: %s', (host, expected) => {
  expect(isPrivateHost(host)).toBe(expected);
});
