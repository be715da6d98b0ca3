import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicChallenge, bearerChallenge } from './challenge.js';

describe('bearerChallenge', () => {
  it.each([
    [[], undefined, 'Bearer realm="https://r/t",service="s"'],
    [[], 'invalid_token', 'Bearer realm="https://r/t",service="s",error="invalid_token"'],
    [
      [
        { type: 'repository', name: 'x', action: 'pull' },
        { type: 'repository', name: 'x', action: 'push' },
      ],
      'insufficient_scope',
      'Bearer realm="https://r/t",service="s",scope="repository:x:pull,push",error="insufficient_scope"',
    ],
  ] as const)('%j %s', (wanted, error, expected) => {
    const decision = { outcome: 'unauthenticated', reason: 'because', ...(error && { error }) } as const;
    expect(bearerChallenge('https://r/t', 's', wanted, decision)).toBe(expected);
  });
});

describe('basicChallenge', () => {
  it('escapes the realm', () => {
    expect(basicChallenge('a "b" \\ c\r\nX: y')).toBe('Basic realm="a \\"b\\" \\\\ cX: y",charset="UTF-8"');
  });

  const character = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

  it('is a valid header with one quoted realm, whatever the realm', () => {
    fc.assert(
      fc.property(fc.string({ unit: character }), (realm) => {
        const challenge = basicChallenge(realm);
        expect(() => validateHeaderValue('WWW-Authenticate', challenge)).not.toThrow();
        expect(challenge).toMatch(/^Basic realm="(?:[^"\\]|\\.)*",charset="UTF-8"$/);
      }),
    );
  });
});
