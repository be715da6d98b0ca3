import type { ResourceDefinition } from '@longshore/apiserver';
import type { GroupIndex } from '../group-index.js';
import { oauthConfigs } from './oauth-config.js';
import { oauthAccessTokens, oauthAuthorizeTokens, oauthClientAuthorizations, oauthClients } from './oauth.js';
import { userIdentityMappings } from './user-identity-mappings.js';
import { userOAuthAccessTokens } from './user-oauth-access-tokens.js';
import { groups, identities, users } from './users.js';

/** The kinds of `user.openshift.io`, `oauth.openshift.io` and the OAuth of `config.openshift.io`. */
export function identityDefinitions(index: GroupIndex): ResourceDefinition[] {
  return [
    users,
    groups(index),
    identities,
    userIdentityMappings,
    oauthClients,
    oauthAccessTokens,
    oauthAuthorizeTokens,
    oauthClientAuthorizations,
    userOAuthAccessTokens,
    oauthConfigs,
    // Hooks of a kind are only ever given objects of that kind.
  ] as ResourceDefinition[];
}
