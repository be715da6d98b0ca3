export type {
  Access,
  AccessControl,
  Action,
  Decision,
  Resource,
  Subject,
  TokenAnswer,
  TokenRequest,
} from './access.js';
export { MAX_AUTHORIZATION_LENGTH, parseAuthorization } from './basic.js';
export type { Credentials, UserAndPassword } from './basic.js';
export type { AccessSettings, TokenSettings } from './create-access.js';
export { AccessUnavailableError } from './errors.js';
export { HtpasswdFile } from './htpasswd.js';
export type { HtpasswdFileOptions } from './htpasswd.js';
export { hashPassword, HtpasswdError, listUsers, parseHtpasswd, removeUser, setUser } from './htpasswd-text.js';
export { openAccess } from './open.js';
export { RulesError } from './rules.js';
export type { RepositoryAction, RepositoryRule } from './rules.js';
export { createStandaloneAccess } from './standalone.js';
export type { StandaloneAccessOptions } from './standalone.js';
export type { UserVerifier } from './user-verifier.js';
