import type { Descriptor } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { platformFilter, selectPlatforms } from './platform-filter.js';

const of = (os: string, architecture: string, variant?: string) =>
  ({ platform: { os, architecture, ...(variant && { variant }) } }) as Descriptor;
const [amd, arm, arm7, attestation] = [
  of('linux', 'amd64'),
  of('linux', 'arm64'),
  of('linux', 'arm', 'v7'),
  of('unknown', 'unknown'),
];
const bare = {} as Descriptor;

describe('selectPlatforms', () => {
  it.each([
    ['all with a platform', undefined, [amd, arm, attestation, bare], [amd, arm]],
    ['all when none has one', undefined, [attestation, bare], [attestation, bare]],
    ['what matches a part', 'arm', [amd, arm, arm7], [arm, arm7]],
    ['what matches whole', '^linux/arm/v7$', [amd, arm, arm7], [arm7]],
    ['everything', '.*', [amd, attestation], [amd, attestation]],
    ['nothing', 'windows/.*', [amd, arm], []],
  ])('chooses %s', (_, pattern, manifests, chosen) => {
    expect(selectPlatforms(manifests, pattern === undefined ? undefined : platformFilter(pattern))).toEqual(chosen);
  });
});

it('takes linear time for any expression', () => {
  expect(platformFilter('(a+)+$')(`${'a'.repeat(100_000)}!`)).toBe(false);
});

it.each(['(', 'a'.repeat(2000)])('refuses what is no expression', (pattern) => {
  expect(() => platformFilter(pattern)).toThrow(/^--filter-by-os/);
});
