import { describe, expect, it } from 'vitest';
import * as s from './builder.js';
import { zeroNullItems } from './null-items.js';

const { schema } = s.object('', {
  structures: s.listOf(s.object('', { names: s.strings('') }), ''),
  names: s.strings(''),
  numbers: s.listOf(s.int64(''), ''),
  amounts: s.listOf(s.quantity(''), ''),
  times: s.listOf(s.time(''), ''),
  any: s.listOf(s.anyObject(''), ''),
  byName: s.mapOf(s.object('', { names: s.strings('') }), ''),
});

describe('zeroNullItems', () => {
  it.each<[string, object, object]>([
    ['structures', { structures: [null, { names: ['a'] }] }, { structures: [{}, { names: ['a'] }] }],
    ['text', { names: ['a', null] }, { names: ['a', ''] }],
    ['numbers', { numbers: [null] }, { numbers: [0] }],
    ['amounts', { amounts: [null] }, { amounts: ['0'] }],
    ['what is further down', { byName: { a: { names: [null] } } }, { byName: { a: { names: [''] } } }],
    ['not what may be anything', { any: [null] }, { any: [null] }],
    ['no times', { times: [null] }, { times: [null] }],
    ['no fields', { names: null, structures: [{ names: null }] }, { names: null, structures: [{ names: null }] }],
    ['nothing that nobody knows', { constructor: [null] }, { constructor: [null] }],
  ])('%s', (_, value, expected) => {
    zeroNullItems(value, schema);
    expect(value).toEqual(expected);
  });
});
