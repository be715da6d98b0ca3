import { createSecretKey, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Action, Subject } from './access.js';
import type { Sender } from './senders.js';
import { readClaims, type TokenClaims } from './token-claims.js';

/** One entry of a token's `access` claim (distribution token specification). */
export interface TokenAccess {
  type: string;
  name: string;
  actions: readonly string[];
}

/** Who a token speaks for, what it allows, and until when it is good. */
export type VerifiedToken = Required<Sender>;

export interface TokensOptions {
  /** Shared by all workers and replicas; at least 32 bytes. */
  secret: Buffer;
  /** Life of a token. Clients take anything below 60 s for 60 s. */
  expirationMs: number;
  /** The `aud` claim: tokens for another service are refused. */
  service: string;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

export interface IssuedToken {
  token: string;
  expiresInSeconds: number;
  /** RFC 3339. */
  issuedAt: string;
}

export const ANONYMOUS: Subject = Object.freeze({ name: 'anonymous', anonymous: true });

const ISSUER = 'longshore';
const ALGORITHM = 'HS256';
// RFC 7518 section 3.2: the key is at least as long as the hash.
const MIN_SECRET_BYTES = 32;
// The clocks of replicas may differ; a token must not be refused because its issuer's clock is ahead.
const START_LEEWAY_SECONDS = 60;
// A request may be on its way when its token expires.
const EXPIRY_LEEWAY_SECONDS = 5;
const NO_RIGHTS: ReadonlySet<Action> = new Set();

function readRights(access: TokenClaims['access']): VerifiedToken['rights'] {
  const byName = new Map<string, Map<string, ReadonlySet<Action>>>();
  for (const { type, name, actions } of access) {
    const names = byName.get(type) ?? new Map<string, ReadonlySet<Action>>();
    byName.set(type, names.set(name, new Set(actions as Action[])));
  }
  return ({ type, name }) => byName.get(type)?.get(name) ?? NO_RIGHTS;
}

function subjectOf({ sub, ...claims }: TokenClaims): Subject {
  return sub === '' ? ANONYMOUS : Object.freeze({ name: sub, anonymous: false, ...inCluster(claims) });
}

/** How a cluster knows a subject, where one does. */
function inCluster({ groups, uid, extra }: Pick<Subject, 'groups' | 'uid' | 'extra'>) {
  return { ...(groups && { groups }), ...(uid !== undefined && { uid }), ...(extra && { extra }) };
}

/**
 * Issues and checks the registry's own Bearer tokens: JWTs signed with HMAC-SHA256, whose `access` claim holds the rights.
 * The empty `sub` stands for anonymous, so that a user called `anonymous` is another one.
 */
export class Tokens {
  private readonly key;
  private readonly now: () => number;

  /** Throws RangeError for a secret that is too short or a life below one second. */
  constructor(private readonly options: TokensOptions) {
    if (options.secret.length < MIN_SECRET_BYTES) {
      throw new RangeError(`the token secret needs at least ${MIN_SECRET_BYTES} bytes`);
    }
    if (!(options.expirationMs >= 1000)) throw new RangeError('tokens must live for at least 1000 ms');
    this.key = createSecretKey(options.secret);
    this.now = options.now ?? Date.now;
  }

  /** Signs a token for `subject` that allows `access`. */
  async issue(subject: Subject, access: readonly TokenAccess[]): Promise<IssuedToken> {
    const issued = Math.floor(this.now() / 1000);
    const expiresInSeconds = Math.floor(this.options.expirationMs / 1000);
    const token = await new SignJWT({ access, ...inCluster(subject) })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(subject.anonymous ? '' : subject.name)
      .setAudience(this.options.service)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + expiresInSeconds)
      .setJti(randomUUID())
      .sign(this.key);
    return { token, expiresInSeconds, issuedAt: new Date(issued * 1000).toISOString() };
  }

  /** Checks a token: signature, issuer, service and times. Undefined when it is not valid. */
  async verify(token: string): Promise<VerifiedToken | undefined> {
    const claims = await this.claimsOf(token);
    if (claims === undefined) return undefined;
    const now = this.now();
    const startsAt = (Math.max(claims.nbf, claims.iat) - START_LEEWAY_SECONDS) * 1000;
    const until = (claims.exp + EXPIRY_LEEWAY_SECONDS) * 1000;
    if (now < startsAt || now >= until) return undefined;
    return { subject: subjectOf(claims), rights: readRights(claims.access), until };
  }

  private async claimsOf(token: string): Promise<TokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: this.options.service,
        currentDate: new Date(this.now()),
        // The stricter limit of `exp` is kept by `verify`.
        clockTolerance: START_LEEWAY_SECONDS,
      });
      return readClaims(payload);
    } catch {
      return undefined;
    }
  }
}
