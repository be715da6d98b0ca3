import type { Access, AccessControl, Decision, Subject } from './access.js';
import { parseAuthorization } from './basic.js';
import { basicChallenge, bearerChallenge } from './challenge.js';
import { AccessUnavailableError } from './errors.js';
import type { UserVerifier } from './logins.js';
import { Logins } from './logins.js';
import type { Policy, PolicyOptions } from './policy.js';
import { createPolicy, holds, missingRights } from './policy.js';
import { issueToken } from './token-endpoint.js';
import type { VerifiedToken } from './tokens.js';
import { ANONYMOUS, Tokens } from './tokens.js';

export interface StandaloneAccessOptions extends PolicyOptions {
  users: UserVerifier;
  tokens: TokenSettings;
  /** Path of the token endpoint. Default: `/openshift/token`. */
  realmPath?: string;
  /** What clients show when they ask for a password. Default: `longshore`. */
  realm?: string;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

export type TokenSettings =
  /** Basic only. */
  | { enabled: false }
  | {
      enabled: true;
      /** Signs the tokens; at least 32 bytes, the same in all workers and replicas. */
      secret: Buffer;
      /** Life of a token in milliseconds. Default: 5 minutes. */
      expirationMs?: number;
      /** Named in challenges and tokens. Default: `longshore`. */
      service?: string;
    };

const DEFAULT_EXPIRATION_MS = 5 * 60 * 1000;
const DEFAULT_NAME = 'longshore';
const DEFAULT_REALM_PATH = '/openshift/token';

type Unauthenticated = Extract<Decision, { outcome: 'unauthenticated' }>;
const NO_CREDENTIALS: Unauthenticated = { outcome: 'unauthenticated', reason: 'authentication required' };
const WRONG_PASSWORD: Unauthenticated = { outcome: 'unauthenticated', reason: 'invalid username or password' };
const BAD_TOKEN: Unauthenticated = {
  outcome: 'unauthenticated',
  reason: 'the token is invalid or has expired',
  error: 'invalid_token',
};
const SMALL_TOKEN: Unauthenticated = {
  outcome: 'unauthenticated',
  reason: 'the token does not cover this request, ask for another one',
  error: 'insufficient_scope',
};

function decideAnonymous(policy: Policy, wanted: readonly Access[]): Decision {
  // `GET /v2/` answers 401, as clients learn from it where to log in and whether a password is right.
  if (wanted.length === 0 || missingRights(policy, ANONYMOUS, wanted).length > 0) return NO_CREDENTIALS;
  return { outcome: 'allow', subject: ANONYMOUS };
}

function decideUser(policy: Policy, subject: Subject | undefined, wanted: readonly Access[]): Decision {
  if (subject === undefined) return WRONG_PASSWORD;
  const missing = missingRights(policy, subject, wanted);
  return missing.length === 0 ? { outcome: 'allow', subject } : { outcome: 'forbidden', subject, missing };
}

/** The token's own rights count. The rules only tell what to answer when these do not suffice. */
function decideToken(policy: Policy, token: VerifiedToken | undefined, wanted: readonly Access[]): Decision {
  if (token === undefined) return BAD_TOKEN;
  const { subject, rights } = token;
  const lacking = wanted.filter((access) => !holds(rights(access), access.action));
  if (lacking.length === 0) return { outcome: 'allow', subject };
  const missing = missingRights(policy, subject, lacking);
  if (missing.length === 0) return SMALL_TOKEN;
  return subject.anonymous ? NO_CREDENTIALS : { outcome: 'forbidden', subject, missing };
}

function unavailable(error: unknown): Decision {
  if (error instanceof AccessUnavailableError) return { outcome: 'unavailable', reason: error.message };
  throw error;
}

function createTokens(settings: TokenSettings, now: () => number): { tokens: Tokens; service: string } | undefined {
  if (!settings.enabled) return undefined;
  const { secret, expirationMs = DEFAULT_EXPIRATION_MS, service = DEFAULT_NAME } = settings;
  return { tokens: new Tokens({ secret, expirationMs, service, now }), service };
}

/**
 * The access control of a registry that runs on its own: users with passwords, rules from the configuration, plain Basic,
 * and Bearer tokens where they are enabled (reference registry 2.1, 2.4). A right that the rules no longer give stays in
 * the tokens that hold it until they expire. Throws `RulesError` for bad rules, RangeError for a bad secret or life.
 */
export function createStandaloneAccess(options: StandaloneAccessOptions): AccessControl {
  const { users, realmPath = DEFAULT_REALM_PATH, realm = DEFAULT_NAME, now = Date.now } = options;
  const policy = createPolicy(options);
  const logins = new Logins(users, now);
  const bearer = createTokens(options.tokens, now);

  function authorizeUser(header: string, user: string, password: string, wanted: readonly Access[]) {
    const subject = logins.check(header, user, password);
    if (!(subject instanceof Promise)) return decideUser(policy, subject, wanted);
    return subject.then((checked) => decideUser(policy, checked, wanted), unavailable);
  }

  function authorizeToken(token: string, wanted: readonly Access[]) {
    const verified = bearer?.tokens.verify(token);
    if (!(verified instanceof Promise)) return decideToken(policy, verified, wanted);
    return verified.then((checked) => decideToken(policy, checked, wanted));
  }

  return {
    authorize(authorization, wanted) {
      const credentials = parseAuthorization(authorization);
      if (credentials.scheme === 'none' || authorization === undefined) return decideAnonymous(policy, wanted);
      if (credentials.scheme === 'unusable') return { outcome: 'unauthenticated', reason: credentials.reason };
      if (credentials.scheme === 'bearer') return authorizeToken(credentials.token, wanted);
      // The cut at the last colon is of no use here: users of an htpasswd file hold no colon, passwords may.
      return authorizeUser(authorization, credentials.user, credentials.password, wanted);
    },

    challenges(origin, wanted, decision) {
      if (decision.outcome !== 'unauthenticated') return [];
      if (bearer === undefined) return [basicChallenge(realm)];
      // Basic is understood all the same, but not offered: docker applies all challenges in turn, so that Basic would
      // replace the token, and fails where it has no password; podman and skopeo take the first and ignore the others.
      return [bearerChallenge(origin + realmPath, bearer.service, wanted, decision)];
    },

    ...(bearer && { issueToken: (request) => issueToken({ tokens: bearer.tokens, policy, logins }, request) }),
  };
}
