import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import {
  boundPayload,
  LEGACY_ISSUER,
  legacyPayload,
  subjectOf,
  type BoundClaims,
  type LegacyClaims,
} from './claims.js';
import type { SigningKey } from './signing-key.js';

export interface IssuerOptions {
  key: SigningKey;
  /** URL of the API server; what tokens name as their issuer. */
  issuer: string;
  /** Whom tokens are for that name nobody. Default: the issuer. */
  audiences?: readonly string[];
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface BoundToken {
  token: string;
  expires: Date;
}

/** Signs tokens of service accounts. What they say, the caller has checked. */
export class TokenIssuer {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly key: SigningKey;

  constructor(private readonly options: IssuerOptions) {
    this.issuer = options.issuer;
    this.audiences = options.audiences ?? [options.issuer];
    this.key = options.key;
  }

  async bound(claims: BoundClaims, audiences: readonly string[], seconds: number): Promise<BoundToken> {
    const now = Math.floor(this.options.now() / 1000);
    const token = await this.sign(
      new SignJWT(boundPayload(claims))
        .setIssuer(this.issuer)
        .setSubject(subjectOf(claims.namespace, claims.serviceaccount.name))
        .setAudience([...audiences])
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + seconds)
        .setJti(randomUUID()),
    );
    return { token, expires: new Date((now + seconds) * 1000) };
  }

  /** A token without end, for a Secret; it ends with it. */
  legacy(claims: LegacyClaims): Promise<string> {
    const { namespace, serviceaccount } = claims;
    const jwt = new SignJWT(legacyPayload(claims)).setIssuer(LEGACY_ISSUER);
    return this.sign(jwt.setSubject(subjectOf(namespace, serviceaccount.name)));
  }

  private sign(jwt: SignJWT): Promise<string> {
    const { algorithm, id, privateKey } = this.key;
    return jwt.setProtectedHeader({ alg: algorithm, kid: id }).sign(privateKey);
  }
}
