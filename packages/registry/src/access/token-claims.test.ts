import { describe, expect, it } from 'vitest';
import { readClaims } from './token-claims.js';

const right = { type: 'repository', name: 'a/b', actions: ['pull'] };
const claims = { sub: 'alice', exp: 2, nbf: 1, iat: 1, jti: 'x', access: [right] };

describe('readClaims', () => {
  it.each([
    ['the claims of a token', {}],
    ['anonymous', { sub: '' }],
    ['no rights', { access: [] }],
    ['groups and a uid', { groups: ['a', 'b'], uid: '1' }],
    ['what else a cluster says', { extra: { 'scopes.authorization.openshift.io': ['user:info'] } }],
  ])('takes %s', (_what, part) => {
    expect(readClaims({ ...claims, ...part, iss: 'longshore' })).toEqual({ ...claims, ...part });
  });

  it.each([
    { sub: undefined },
    { sub: 1 },
    { exp: '2' },
    { exp: Infinity },
    { nbf: null },
    { iat: undefined },
    { jti: 1 },
    { groups: 'a' },
    { groups: [1] },
    { uid: 1 },
    { extra: ['a'] },
    { extra: { a: 'b' } },
    { access: undefined },
    { access: {} },
    { access: [null] },
    { access: ['pull'] },
    { access: [{ ...right, type: 1 }] },
    { access: [{ ...right, name: undefined }] },
    { access: [{ ...right, actions: 'pull' }] },
    { access: [right, { ...right, actions: [1] }] },
  ])('takes nothing with %j', (part) => {
    expect(readClaims({ ...claims, ...part })).toBeUndefined();
  });
});
