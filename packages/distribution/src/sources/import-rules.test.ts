import { expect, it } from 'vitest';
import { isImportAllowed } from './import-rules.js';

it.each([
  ['quay.io', false, 'quay.io', false, true],
  ['quay.io', false, 'QUAY.io', false, true],
  ['quay.io', false, 'quay.io:443', false, true],
  ['quay.io', false, 'quay.io:5000', false, false],
  ['quay.io:5000', false, 'quay.io:5000', false, true],
  ['quay.io', false, 'quay.io', true, false],
  ['quay.io', true, 'quay.io', true, true],
  ['quay.io:80', false, 'quay.io', true, true],
  ['*.example.com', false, 'a.example.com', false, true],
  ['*.example.com', false, 'a.b.example.com', false, false],
  ['*.example.com', false, 'example.com', false, false],
  ['reg?.example.com', false, 'reg1.example.com', false, true],
  ['reg*y.*.com', false, 'registry.example.com', false, true],
  ['*.*.com', false, 'registry.example.com', false, true],
  ['docker.io', false, 'index.docker.io', false, true],
  ['172.30.*.*:5000', false, '172.30.1.1:5000', false, true],
])('%s (insecure %j), import from %s (insecure %j): %j', (domainName, ruleInsecure, host, insecure, expected) => {
  expect(isImportAllowed([{ domainName, insecure: ruleInsecure }], host, insecure)).toBe(expected);
});

it('allows all without rules', () => expect(isImportAllowed([], 'quay.io', false)).toBe(true));
