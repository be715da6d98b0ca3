/** Users, groups and tokens as objects (`user.openshift.io/v1`, `oauth.openshift.io/v1`, `config.openshift.io/v1`). */
import type { KubeObject } from '@longshore/kube';

export const USER_GROUP = 'user.openshift.io';
export const OAUTH_GROUP = 'oauth.openshift.io';
export const CONFIG_GROUP = 'config.openshift.io';

export const USERS = `users.${USER_GROUP}`;
export const GROUPS = `groups.${USER_GROUP}`;
export const IDENTITIES = `identities.${USER_GROUP}`;
export const OAUTH_CLIENTS = `oauthclients.${OAUTH_GROUP}`;
export const ACCESS_TOKENS = `oauthaccesstokens.${OAUTH_GROUP}`;
export const AUTHORIZE_TOKENS = `oauthauthorizetokens.${OAUTH_GROUP}`;
export const CLIENT_AUTHORIZATIONS = `oauthclientauthorizations.${OAUTH_GROUP}`;
export const OAUTH_CONFIGS = `oauths.${CONFIG_GROUP}`;

export interface User extends KubeObject {
  fullName?: string;
  /** `provider:name` of each way to log in as this user. */
  identities?: string[];
  groups?: string[];
}

export interface Group extends KubeObject {
  users?: string[];
}

export interface ObjectRef {
  name?: string;
  uid?: string;
}

export interface Identity extends KubeObject {
  providerName: string;
  providerUserName: string;
  user?: ObjectRef;
  extra?: Record<string, string>;
}

export interface UserIdentityMapping extends KubeObject {
  identity?: ObjectRef;
  user?: ObjectRef;
}

export interface OAuthClient extends KubeObject {
  secret?: string;
  additionalSecrets?: string[];
  /** Answers without credentials get a challenge, as for command lines, rather than a login page. */
  respondWithChallenges?: boolean;
  redirectURIs?: string[];
  grantMethod?: 'auto' | 'prompt';
  scopeRestrictions?: { literals?: string[] }[];
  /** Seconds; 0: for ever. */
  accessTokenMaxAgeSeconds?: number;
}

/** What access tokens and authorize tokens share. */
export interface OAuthToken extends KubeObject {
  clientName: string;
  /** Seconds from creation; 0 or none: for ever. */
  expiresIn?: number;
  scopes: string[];
  redirectURI?: string;
  userName: string;
  userUID: string;
}

export interface OAuthAccessToken extends OAuthToken {
  /** Name of the authorize token that it was exchanged for. */
  authorizeToken?: string;
}

export interface OAuthAuthorizeToken extends OAuthToken {
  state?: string;
  codeChallenge?: string;
  codeChallengeMethod?: string;
}

export interface OAuthClientAuthorization extends KubeObject {
  clientName: string;
  userName: string;
  userUID: string;
  scopes: string[];
}

export interface IdentityProvider {
  name: string;
  type: string;
  mappingMethod?: 'claim' | 'lookup' | 'add';
  htpasswd?: { fileData: { name: string } };
}

export interface OAuthConfig extends KubeObject {
  spec?: {
    identityProviders?: IdentityProvider[];
    tokenConfig?: { accessTokenMaxAgeSeconds?: number };
  };
}
