import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Subject } from './access.js';
import type { TokensOptions } from './tokens.js';
import { ANONYMOUS, Tokens } from './tokens.js';

const secret = Buffer.alloc(32, 7);
const alice: Subject = { name: 'alice', anonymous: false };
const start = Date.UTC(2030, 0, 1);

function tokensAt(now: () => number, options: Partial<TokensOptions> = {}): Tokens {
  return new Tokens({ secret, expirationMs: 300_000, service: 'longshore', now, ...options });
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token of any content, signed properly with `key`. */
function sign(header: object, claims: object, key = secret, algorithm = 'sha256'): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(algorithm, key).update(signed).digest('base64url')}`;
}

const seconds = start / 1000;
const header = { alg: 'HS256', typ: 'JWT' };
const claims = {
  iss: 'longshore',
  sub: 'alice',
  aud: 'longshore',
  iat: seconds,
  nbf: seconds,
  exp: seconds + 300,
  jti: '1',
  access: [{ type: 'repository', name: 'a/b', actions: ['pull'] }],
};

describe('Tokens', () => {
  it('issues what it verifies, with the rights and the subject', async () => {
    const tokens = tokensAt(() => start);
    const access = [
      { type: 'repository', name: 'a/b', actions: ['pull', 'push'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ];
    const issued = await tokens.issue(alice, access);
    expect(issued).toMatchObject({ expiresInSeconds: 300, issuedAt: '2030-01-01T00:00:00.000Z' });
    const verified = await tokens.verify(issued.token);
    expect(verified?.subject).toEqual(alice);
    expect(verified?.rights({ type: 'repository', name: 'a/b' })).toEqual(new Set(['pull', 'push']));
    expect(verified?.rights({ type: 'registry', name: 'catalog' })).toEqual(new Set(['*']));
    expect(verified?.rights({ type: 'repository', name: 'a/c' }).size).toBe(0);
    expect(verified?.rights({ type: 'registry', name: 'a/b' }).size).toBe(0);
  });

  it('carries the claims of the distribution token specification', async () => {
    const { token } = await tokensAt(() => start).issue(alice, claims.access);
    const [head, body] = token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
    expect(head).toEqual(header);
    expect(body).toEqual({ ...claims, jti: expect.any(String) as string });
  });

  it('tells anonymous from a user of that name', async () => {
    const tokens = tokensAt(() => start);
    const named = { name: 'anonymous', anonymous: false };
    expect((await tokens.verify((await tokens.issue(ANONYMOUS, [])).token))?.subject).toEqual(ANONYMOUS);
    expect((await tokens.verify((await tokens.issue(named, [])).token))?.subject).toEqual(named);
  });

  it('accepts its own proper signature as the table below makes it', async () => {
    expect((await tokensAt(() => start).verify(sign(header, claims)))?.subject).toEqual(alice);
  });

  it.each<[string, string]>([
    ['no token', 'anonymous'],
    ['an empty token', ''],
    ['alg none', `${encode({ alg: 'none' })}.${encode(claims)}.`],
    ['alg none with a signature', sign({ alg: 'none' }, claims)],
    ['another HMAC', sign({ alg: 'HS512', typ: 'JWT' }, claims, secret, 'sha512')],
    ['another key', sign(header, claims, Buffer.alloc(32, 8))],
    ['an empty signature', `${encode(header)}.${encode(claims)}.`],
    ['a changed payload', sign(header, claims).replace(/\..*\./, `.${encode({ ...claims, sub: 'root' })}.`)],
    ['another service', sign(header, { ...claims, aud: 'other' })],
    ['another issuer', sign(header, { ...claims, iss: 'other' })],
    ['an expired token', sign(header, { ...claims, exp: seconds - 6 })],
    ['a token without expiry', sign(header, { ...claims, exp: undefined })],
    ['a future nbf', sign(header, { ...claims, nbf: seconds + 61 })],
    ['a future iat', sign(header, { ...claims, iat: seconds + 61 })],
    ['no subject', sign(header, { ...claims, sub: undefined })],
    ['no access claim', sign(header, { ...claims, access: undefined })],
    ['a malformed access claim', sign(header, { ...claims, access: [{ type: 'repository' }] })],
    ['an unknown critical header', sign({ ...header, crit: ['x'], x: 1 }, claims)],
  ])('refuses %s', async (_, token) => {
    expect(await tokensAt(() => start).verify(token)).toBeUndefined();
  });

  it('bears a clock that is 60 s behind the issuer', async () => {
    expect(await tokensAt(() => start - 60_000).verify(sign(header, claims))).toBeDefined();
    expect(await tokensAt(() => start - 61_000).verify(sign(header, claims))).toBeUndefined();
  });

  it('ends 5 s after the expiry', async () => {
    let now = start;
    const tokens = tokensAt(() => now);
    const { token } = await tokens.issue(alice, []);
    now = start + 304_999;
    expect(await tokens.verify(token)).toMatchObject({ until: start + 305_000 });
    now = start + 305_000;
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it.each([{ secret: Buffer.alloc(31) }, { expirationMs: 999 }, { expirationMs: NaN }])(
    'refuses the settings %j',
    (settings) => {
      expect(() => tokensAt(() => start, settings)).toThrow(RangeError);
    },
  );
});
