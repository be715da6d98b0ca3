import type { Access, AccessControl, Decision, Subject } from './access.js';
import { parseAuthorization, type Credentials } from './basic.js';
import { basicChallenge, bearerChallenge } from './challenge.js';
import { AccessUnavailableError } from './errors.js';
import { andThen, type MaybePromise } from './maybe-promise.js';
import { holds, missingRights, type Policy } from './policy.js';
import { secretDigest } from './secret-digest.js';
import { Senders, type Sender } from './senders.js';
import { issueToken } from './token-endpoint.js';
import { ANONYMOUS, Tokens } from './tokens.js';

export type BasicCredentials = Extract<Credentials, { scheme: 'basic' }>;
type UsableCredentials = Extract<Credentials, { scheme: 'basic' | 'bearer' }>;

/**
 * Knows who somebody is. Both reject with `AccessUnavailableError` when it cannot be told just now. Of what they tell, subjects
 * are remembered for `REMEMBERED_MS`.
 */
export interface Identities {
  /** The subject of Basic credentials, undefined when they are wrong. */
  login(credentials: BasicCredentials): MaybePromise<Subject | undefined>;
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

/**
 * How long whom a header stands for is remembered, unless a token says it. It adds to the time that a removed user or a changed
 * password goes unnoticed, hence short; dear results are kept by those who found them.
 */
export const REMEMBERED_MS = 1000;

const DEFAULT_EXPIRATION_MS = 5 * 60 * 1000;
const DEFAULT_NAME = 'longshore';
const DEFAULT_REALM_PATH = '/openshift/token';

type Unauthenticated = Extract<Decision, { outcome: 'unauthenticated' }>;
/** The answer to who has not said who he is. */
export const NO_CREDENTIALS: Unauthenticated = { outcome: 'unauthenticated', reason: 'authentication required' };
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

/** A token's own rights count. The policy only tells what to answer when these do not suffice. */
function decideSender(policy: Policy, sender: Sender, wanted: readonly Access[]): MaybePromise<Decision> {
  const { subject, rights } = sender;
  if (rights === undefined) return decideSubject(policy, subject, wanted);
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
  const senders = new Senders(now);

  async function findSender(credentials: UsableCredentials): Promise<Sender | undefined> {
    const isToken = credentials.scheme === 'bearer';
    const own = isToken ? await bearer?.tokens.verify(credentials.token) : undefined;
    if (own !== undefined) return own;
    const subject = await (isToken ? identities.recognize?.(credentials.token) : identities.login(credentials));
    return subject && { subject, until: now() + REMEMBERED_MS };
  }

  async function decideUnknown(authorization: string, digest: string, wanted: readonly Access[]): Promise<Decision> {
    const credentials = parseAuthorization(authorization);
    if (credentials.scheme === 'none') return decideAnonymous(policy, wanted);
    if (credentials.scheme === 'unusable') return { outcome: 'unauthenticated', reason: credentials.reason };
    const sender = await findSender(credentials);
    if (sender === undefined) return credentials.scheme === 'bearer' ? BAD_TOKEN : WRONG_PASSWORD;
    senders.set(digest, sender);
    return decideSender(policy, sender, wanted);
  }

  function decide(authorization: string | undefined, wanted: readonly Access[]): MaybePromise<Decision> {
    if (authorization === undefined) return decideAnonymous(policy, wanted);
    const digest = secretDigest(authorization);
    const known = senders.get(digest);
    return known ? decideSender(policy, known, wanted) : decideUnknown(authorization, digest, wanted);
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
