import { describe, expect, it } from 'vitest';
import { AUTO_UPDATE, withMissingRules } from './missing-rules.js';
import { RBAC_API_VERSION, type ClusterRole } from './objects.js';

const READ = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const WRITE = { verbs: ['create'], apiGroups: [''], resources: ['pods'] };
const OWN = { verbs: ['get'], apiGroups: ['example.com'], resources: ['ships'] };

const role = (rules: ClusterRole['rules'], autoUpdate = 'true'): ClusterRole => ({
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRole',
  metadata: { name: 'a', annotations: { [AUTO_UPDATE]: autoUpdate } },
  ...(rules && { rules }),
});

describe('withMissingRules', () => {
  it('adds what is missing and keeps what users added', () => {
    expect(withMissingRules(role([OWN, READ]), role([READ, WRITE]))?.rules).toEqual([OWN, READ, WRITE]);
    expect(withMissingRules(role(undefined), role([READ]))?.rules).toEqual([READ]);
  });

  it.each([
    ['nothing is missing', role([READ, WRITE]), role([READ])],
    ['users keep the role as it is', role([], 'false'), role([READ])],
    ['others fill it', role([]), { ...role([READ]), aggregationRule: { clusterRoleSelectors: [{}] } }],
  ])('leaves it alone when %s', (_why, known, newest) => {
    expect(withMissingRules(known, newest)).toBeUndefined();
  });
});
