import { describe, expect, it } from 'vitest';
import { JsonPath } from './json-path.js';

const object = {
  spec: { replicas: 3, 'a.b': 'dotted', list: [{ n: 1 }, { n: 2 }], empty: '' },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', count: 5 },
      { type: 'Old', status: 'False', count: 1 },
    ],
  },
};

describe('JsonPath', () => {
  it.each([
    ['.spec.replicas', [3]],
    ['{.spec.replicas}', [3]],
    ['$.spec.replicas', [3]],
    ['.spec.none', []],
    ['.spec.replicas.deeper', []],
    ["['spec']['a.b']", ['dotted']],
    ['.spec.a\\.b', ['dotted']],
    ['.spec.list[1].n', [2]],
    ['.spec.list[-1].n', [2]],
    ['.spec.list[*].n', [1, 2]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type == 'Old')].count", [1]],
    ['.status.conditions[?(@.count>2)].type', ['Ready']],
    ['.status.conditions[?(@.message)].type', []],
    ['.__proto__.constructor', []],
    ['.spec.empty', ['']],
  ])('%s', (path, values) => {
    expect(JsonPath.parse(path).find(object)).toEqual(values);
  });

  it.each(['', '.', 'spec', '.a[', '.a[x]', '.a[?(b)]', ".a['b", '.a..b', '.a[1', `.${'x'.repeat(2000)}`])(
    'refuses %s',
    (path) => {
      expect(() => JsonPath.parse(path)).toThrow(expect.objectContaining({ code: 'JSON_PATH_INVALID' }));
    },
  );

  it('knows whether it is fields only', () => {
    expect(JsonPath.parse('.spec.replicas').fields).toEqual(['spec', 'replicas']);
    expect(JsonPath.parse('.spec[0]').fields).toBeUndefined();
  });
});
