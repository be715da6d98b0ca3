import { expect, it } from 'vitest';
import { trustedAuthorities } from './trusted-authorities.js';

const trust = trustedAuthorities({ 'quay.io': 'A', 'registry.test..5000': 'B', 'docker.io': 'C', '..': 'D' });

it.each([
  ['quay.io', ['A']],
  ['quay.io:443', ['A']],
  ['quay.io:5000', []],
  ['registry.test:5000', ['B']],
  ['Registry.test:5000', ['B']],
  ['registry.test', []],
  ['index.docker.io', ['C']],
])('%s: %j', (host, expected) => expect(trust(host)).toEqual(expected));
