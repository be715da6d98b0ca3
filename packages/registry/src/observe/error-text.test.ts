import { describe, expect, it } from 'vitest';
import { errorText } from './error-text.js';

function circular(): Error {
  const inner = new Error('inner');
  const outer = new Error('outer', { cause: inner });
  inner.cause = outer;
  return outer;
}

describe('errorText', () => {
  it.each<[string, unknown, string]>([
    ['one message', new Error('no space'), 'no space'],
    ['the chain', new Error('push failed', { cause: new Error('413 from mirror') }), 'push failed: 413 from mirror'],
    ['a repeated cause once', new Error('push failed: reset', { cause: new Error('reset') }), 'push failed: reset'],
    ['a code when there is no message', Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['the name when there is nothing else', new TypeError(''), 'TypeError'],
    ['members of an aggregate', new AggregateError([new Error('a'), new Error('b')], ''), 'a; b'],
    ['message and members', new AggregateError([new Error('a')], 'all failed'), 'all failed (a)'],
    ['a thrown string', 'text', 'text'],
    ['a thrown object', { a: 1 }, 'object was thrown'],
    ['nothing', undefined, 'unknown error'],
    ['a null-prototype object', Object.create(null), 'object was thrown'],
  ])('prints %s', (_, error, expected) => {
    expect(errorText(error)).toBe(expected);
  });

  it('ends on a cycle', () => {
    expect(errorText(circular()).startsWith('outer: inner')).toBe(true);
  });
});
