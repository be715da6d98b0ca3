import type { AccessControl } from './access.js';
import { createAccess, type AccessOptions } from './create-access.js';
import type { PolicyOptions } from './policy.js';
import { createPolicy } from './policy.js';
import type { UserVerifier } from './user-verifier.js';

export interface StandaloneAccessOptions extends PolicyOptions, Omit<AccessOptions, 'identities' | 'policy'> {
  users: UserVerifier;
}

/**
 * The access control of a registry that runs on its own: users with passwords, rules from the configuration. Throws
 * `RulesError` for bad rules, RangeError for a bad secret or life of tokens.
 */
export function createStandaloneAccess(options: StandaloneAccessOptions): AccessControl {
  const { users } = options;
  return createAccess({
    ...options,
    policy: createPolicy(options),
    identities: {
      // The cut at the last colon is of no use here: users of an htpasswd file hold no colon, passwords may.
      login: async ({ user, password }) =>
        (await users.verify(user, password)) ? Object.freeze({ name: user, anonymous: false }) : undefined,
    },
  });
}
