import { describe, expect, it } from 'vitest';
import { extendVia } from './via.js';

const OWN = 'urn:longshore:1';

describe('the way of a pull', () => {
  it.each([
    [undefined, OWN, []],
    ['', OWN, []],
    ['https://registry.b:5000/v2/x/y', `https://registry.b:5000/v2/x/y, ${OWN}`, ['registry.b:5000']],
    [
      'https://b/v2/x/y,http://[::1]:5000/v2/z',
      `https://b/v2/x/y, http://[::1]:5000/v2/z, ${OWN}`,
      ['b', '[::1]:5000'],
    ],
    ['nonsense', `nonsense, ${OWN}`, []],
    ['urn:longshore:2', `urn:longshore:2, ${OWN}`, []],
  ])('%s goes on as %s', (header, sent, hosts) => {
    expect(extendVia(header, OWN)).toEqual({ header: sent, hosts: new Set(hosts) });
  });

  it.each([
    ['itself', `https://b/v2/x/y, ${OWN}`],
    ['too many registries', Array.from({ length: 5 }, (_, index) => `https://r${index}/v2/x/y`).join(',')],
    ['a long text', `https://b/${'x'.repeat(5000)}`],
  ])('ends at %s', (_, header) => {
    expect(() => extendVia(header, OWN)).toThrow(expect.objectContaining({ code: 'LOOP' }));
  });
});
