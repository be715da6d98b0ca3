import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.js';

const parse = (header: string | string[] | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['Basic realm="x y"', [['basic', { realm: 'x y' }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
        ],
      ],
    ],
    ['Basic realm=openshift,error="access denied"', [['basic', { realm: 'openshift', error: 'access denied' }]]],
    ['Bearer Realm = "a" , Service = b', [['bearer', { realm: 'a', service: 'b' }]]],
    [
      'Bearer realm="a", Basic realm="b"',
      [
        ['bearer', { realm: 'a' }],
        ['basic', { realm: 'b' }],
      ],
    ],
    [
      ['Basic realm="b"', 'Bearer realm="a"'],
      [
        ['basic', { realm: 'b' }],
        ['bearer', { realm: 'a' }],
      ],
    ],
    [
      'Negotiate, Basic realm="b"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate abc==, Basic realm="b"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'b' }],
      ],
    ],
    ['Bearer realm="say \\"a\\""', [['bearer', { realm: 'say "a"' }]]],
    ['"nonsense', []],
  ])('%j: %j', (header, expected) => expect(parse(header)).toEqual(expected));

  it('reads back what is written', () => {
    const token = fc.stringMatching(/^[a-z]{1,8}$/);
    const challenge = fc.tuple(
      token,
      fc.dictionary(token, fc.string({ unit: 'grapheme-ascii' }), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    );
    const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges.map(
          ([scheme, parameters]) =>
            `${scheme} ${Object.entries(parameters)
              .map(([name, value]) => `${name}=${quoted(value)}`)
              .join(', ')}`,
        );
        expect(parse(header.join(', '))).toEqual(challenges);
      }),
    );
  });

  it('ends for every text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', '\\', '\t'), maxLength: 200 });
    fc.assert(fc.property(text, (header) => void parseChallenges(header)));
  });
});
