import { expect, it } from 'vitest';
import { openAccess } from './open.js';

it.each([undefined, 'Basic YTpi', 'Bearer x', 'nonsense'])('openAccess allows everything with %s', (authorization) => {
  const access = openAccess();
  const decision = { outcome: 'allow', subject: { name: 'anonymous', anonymous: true } };
  expect(access.authorize(authorization, [{ type: 'repository', name: 'a/b', action: '*' }])).toEqual(decision);
  expect(access.authorize(authorization, [])).toEqual(decision);
  expect('issueToken' in access).toBe(false);
});
