import type { Access, AccessControl, Decision, Subject } from './access.js';
import { parseAuthorization, type Credentials } from './basic.js';
import { basicChallenge, bearerChallenge } from './challenge.js';
import { AccessUnavailableError } from './errors.js';
import { andThen, type MaybePromise } from './maybe-promise.js';
import { holds, missingRights, type Policy } from './policy.js';
import { issueToken } from './token-endpoint.js';
import { ANONYMOUS, Tokens, type VerifiedToken } from './tokens.js';

export type BasicCredentials = Extract<Credentials, { scheme: 'basic' }>;

/** Knows who somebody is. Both reject with `AccessUnavailableError` when it cannot be told just now. */
export interface Identities {
  /** The subject of Basic credentials, undefined when they are wrong. `authorization` is the header they came in. */
  login(authorization: string, credentials: BasicCredentials): MaybePromise<Subject | undefined>;
  /** The subject of a Bearer token that the registry has not issued itself. */
  recognize?(token: string): MaybePromise<Subject | undefined>;
}

export interface AccessOptions extends AccessSettings {
  identities: Identities;
  policy: Policy;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

/** How clients are asked to log in. */
export interface AccessSettings {
  tokens: TokenSettings;
  /** Path of the token endpoint. Default: `/openshift/token`. */
  realmPath?: string;
  /** URL of the server with the token endpoint, without a slash at its end. Default: that of the request. */
  tokenRealm?: string | undefined;
  /** What clients show when they ask for a password. Default: `longshore`. */
  realm?: string;
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

function decideAnonymous(policy: Policy, wanted: readonly Access[]): MaybePromise<Decision> {
  // `GET /v2/` answers 401, as clients learn from it where to log in and whether a password is right.
  if (wanted.length === 0) return NO_CREDENTIALS;
  return andThen(missingRights(policy, ANONYMOUS, wanted), (missing) =>
    missing.length > 0 ? NO_CREDENTIALS : { outcome: 'allow', subject: ANONYMOUS },
  );
}

function decideSubject(policy: Policy, subject: Subject, wanted: readonly Access[]): MaybePromise<Decision> {
  return andThen(missingRights(policy, subject, wanted), (missing) =>
    missing.length === 0 ? { outcome: 'allow', subject } : { outcome: 'forbidden', subject, missing },
  );
}

/** The token's own rights count. The policy only tells what to answer when these do not suffice. */
function decideToken(policy: Policy, token: VerifiedToken, wanted: readonly Access[]): MaybePromise<Decision> {
  const { subject, rights } = token;
  const lacking = wanted.filter((access) => !holds(rights(access), access.action));
  if (lacking.length === 0) return { outcome: 'allow', subject };
  return andThen(missingRights(policy, subject, lacking), (missing) => {
    if (missing.length === 0) return SMALL_TOKEN;
    return subject.anonymous ? NO_CREDENTIALS : { outcome: 'forbidden', subject, missing };
  });
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
 * Access control by identities and a policy: plain Basic, and Bearer tokens where they are enabled (reference registry 2.1,
 * 2.4). A right that the policy no longer gives stays in the tokens that hold it until they expire. Throws RangeError for a
 * bad secret or life.
 */
export function createAccess(options: AccessOptions): AccessControl {
  const { identities, policy, realmPath = DEFAULT_REALM_PATH, realm = DEFAULT_NAME, now = Date.now } = options;
  const bearer = createTokens(options.tokens, now);

  function authorizeBearer(token: string, wanted: readonly Access[]): MaybePromise<Decision> {
    return andThen(bearer?.tokens.verify(token), (own) => {
      if (own !== undefined) return decideToken(policy, own, wanted);
      return andThen(identities.recognize?.(token), (subject) =>
        subject === undefined ? BAD_TOKEN : decideSubject(policy, subject, wanted),
      );
    });
  }

  function decide(authorization: string | undefined, wanted: readonly Access[]): MaybePromise<Decision> {
    const credentials = parseAuthorization(authorization);
    if (credentials.scheme === 'none' || authorization === undefined) return decideAnonymous(policy, wanted);
    if (credentials.scheme === 'unusable') return { outcome: 'unauthenticated', reason: credentials.reason };
    if (credentials.scheme === 'bearer') return authorizeBearer(credentials.token, wanted);
    return andThen(identities.login(authorization, credentials), (subject) =>
      subject === undefined ? WRONG_PASSWORD : decideSubject(policy, subject, wanted),
    );
  }

  return {
    authorize(authorization, wanted) {
      const decision = decide(authorization, wanted);
      return decision instanceof Promise ? decision.catch(unavailable) : decision;
    },

    challenges(origin, wanted, decision) {
      if (decision.outcome !== 'unauthenticated') return [];
      if (bearer === undefined) return [basicChallenge(realm)];
      // Basic is understood all the same, but not offered: docker applies all challenges in turn, so that Basic would
      // replace the token, and fails where it has no password; podman and skopeo take the first and ignore the others.
      return [bearerChallenge((options.tokenRealm ?? origin) + realmPath, bearer.service, wanted, decision)];
    },

    ...(bearer && { issueToken: (request) => issueToken({ tokens: bearer.tokens, policy, identities }, request) }),
  };
}
