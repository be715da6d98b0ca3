import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncovered } from './escalation.js';
import { formatRule, ruleAllows, type PolicyRule } from './policy-rule.js';

const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames && { resourceNames }),
});

describe('uncovered', () => {
  const cases: [string, PolicyRule[], PolicyRule[], string[]][] = [
    ['the same', [rule([''], ['pods'], ['get'])], [rule([''], ['pods'], ['get'])], []],
    ['nothing held', [], [rule([''], ['pods'], ['get'])], ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}']],
    [
      'a verb less',
      [rule([''], ['pods'], ['get'])],
      [rule([''], ['pods'], ['get', 'list', 'watch'])],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}'],
    ],
    [
      'parts from several rules',
      [rule([''], ['a'], ['get']), rule([''], ['b'], ['get'])],
      [rule([''], ['a', 'b'], ['get'])],
      [],
    ],
    ['stars', [rule(['*'], ['*'], ['*'])], [rule(['apps'], ['pods/log'], ['get'], ['x'])], []],
    [
      'a star that is not held',
      [rule([''], ['pods'], ['*'])],
      [rule([''], ['*'], ['*'])],
      ['{APIGroups:[""], Resources:["*"], Verbs:["*"]}'],
    ],
    [
      'all names, one held',
      [rule([''], ['pods'], ['get'], ['a'])],
      [rule([''], ['pods'], ['get'])],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    ['one name, all held', [rule([''], ['pods'], ['get'])], [rule([''], ['pods'], ['get'], ['a'])], []],
    ['subresources of all', [rule([''], ['*/status'], ['get'])], [rule([''], ['pods/status'], ['get'])], []],
    [
      'paths',
      [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/api/v1', '/metrics'] }],
      ['{NonResourceURLs:["/metrics"], Verbs:["get"]}'],
    ],
  ];

  it.each(cases)('finds: %s', (_name, held, wanted, missing) => {
    expect(uncovered(held, wanted).map(formatRule)).toEqual(missing);
  });

  const word = fc.constantFrom('a', 'b', '*');
  const words = fc.uniqueArray(word, { minLength: 1, maxLength: 2 });
  const rules = fc.array(fc.record({ verbs: words, apiGroups: words, resources: words }), { maxLength: 4 });

  it('lets nobody grant what they may not do themselves', () => {
    const asked = fc.record({
      verb: fc.constantFrom('a', 'b'),
      group: fc.constantFrom('a', 'b'),
      resource: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(rules, rules, asked, (held, wanted, { verb, group, resource }) => {
        fc.pre(uncovered(held, wanted).length === 0);
        const user = { username: 'u', groups: [] };
        const attributes = { user, verb, group, version: 'v1', resource, subresource: '', name: '', namespace: '' };
        const allows = (each: PolicyRule) => ruleAllows(each, attributes);
        expect(wanted.some(allows) && !held.some(allows)).toBe(false);
      }),
    );
  });

  it('compares no rules of absurd size', () => {
    const many = Array.from({ length: 1000 }, (_, index) => String(index));
    const huge = rule(many, many, ['get']);
    expect(uncovered([rule(['*'], ['*'], ['*'])], [huge])).toEqual([huge]);
  });
});
