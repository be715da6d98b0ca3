import { createHash, timingSafeEqual } from 'node:crypto';
import type { ObjectAccess, UserInfo } from '@longshore/apiserver';
import { unauthorized, type KubeObject } from '@longshore/kube';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import {
  LEGACY_ISSUER,
  readBoundClaims,
  readLegacyClaims,
  subjectOf,
  type BoundClaims,
  type LegacyClaims,
  type Reference,
} from './claims.js';
import type { TokenIssuer } from './token-issuer.js';

/** A token and whom it is good for. */
export interface ReviewedToken {
  user: UserInfo;
  audiences: readonly string[];
}

const MAX_TOKEN_LENGTH = 16 * 1024;
/** Signatures that were checked. What else a token needs is looked up each time. */
const CACHED_SIGNATURES = 4096;
/** So long after an object was marked for deletion, tokens bound to it still hold (as in Kubernetes). */
const DELETION_GRACE_MS = 60_000;

const TOKENS_EXTRA = 'authentication.kubernetes.io';

/** Knows service accounts by their tokens: bound ones, and those that live in Secrets. */
export class ServiceAccountTokens {
  private readonly signatures = new LRUCache<string, JWTPayload>({ max: CACHED_SIGNATURES });

  constructor(
    private readonly issuer: TokenIssuer,
    private readonly objects: ObjectAccess,
    private readonly now: () => number,
  ) {}

  /** Whether a token says that it is of our service accounts. Nothing of it is true yet. */
  isOurs(token: string): boolean {
    if (token.length > MAX_TOKEN_LENGTH || token.split('.').length !== 3) return false;
    try {
      const { iss } = decodeJwt(token);
      return iss === this.issuer.issuer || iss === LEGACY_ISSUER;
    } catch {
      return false;
    }
  }

  /**
   * Undefined for tokens of others, and for those meant for other audiences; without `audiences`, the API server's own count.
   * Errors: `Unauthorized` for ours that do not hold.
   */
  async review(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined> {
    if (!this.isOurs(token)) return undefined;
    const payload = await this.verify(token);
    const isLegacy = payload.iss === LEGACY_ISSUER;
    const meant = isLegacy ? this.issuer.audiences : [payload.aud ?? []].flat();
    const wanted = audiences.length > 0 ? audiences : this.issuer.audiences;
    const good = wanted.filter((audience) => meant.includes(audience));
    if (good.length === 0) return undefined;
    const user = isLegacy ? await this.legacyUser(payload, token) : await this.boundUser(payload);
    if (user === undefined) throw unauthorized();
    return { user, audiences: good };
  }

  /** The claims of a token that we signed and that has not ended. */
  private async verify(token: string): Promise<JWTPayload> {
    const digest = createHash('sha256').update(token).digest('base64');
    let payload = this.signatures.get(digest);
    try {
      if (payload === undefined) {
        const { algorithm, publicKey } = this.issuer.key;
        const currentDate = new Date(this.now());
        ({ payload } = await jwtVerify(token, publicKey, { algorithms: [algorithm], currentDate }));
        this.signatures.set(digest, payload);
      }
    } catch (error) {
      if (error instanceof errors.JOSEError) throw unauthorized();
      throw error;
    }
    const seconds = this.now() / 1000;
    const isLegacy = payload.iss === LEGACY_ISSUER;
    if (!isLegacy && (payload.exp === undefined || payload.exp <= seconds)) throw unauthorized();
    return payload;
  }

  private async boundUser(payload: JWTPayload): Promise<UserInfo | undefined> {
    const claims = readBoundClaims(payload);
    if (claims === undefined) return undefined;
    const { namespace, serviceaccount, pod, secret, node } = claims;
    const isThere = await Promise.all([
      this.holds('serviceaccounts', namespace, serviceaccount),
      pod === undefined || this.holds('pods', namespace, pod),
      secret === undefined || this.holds('secrets', namespace, secret),
      // A pod's token names its node too, but ends with the pod.
      node === undefined || pod !== undefined || this.holds('nodes', '', node),
    ]);
    return isThere.every(Boolean) ? userOf(namespace, serviceaccount, extraOf(claims, payload.jti)) : undefined;
  }

  private async legacyUser(payload: JWTPayload, token: string): Promise<UserInfo | undefined> {
    const claims = readLegacyClaims(payload);
    if (claims === undefined) return undefined;
    const { namespace, serviceaccount } = claims;
    const isThere =
      (await this.isInSecret(claims, token)) && (await this.holds('serviceaccounts', namespace, serviceaccount));
    return isThere ? userOf(namespace, serviceaccount, {}) : undefined;
  }

  private async isInSecret({ namespace, secretName }: LegacyClaims, token: string): Promise<boolean> {
    const secret = await this.objects.get<KubeObject & { data?: Record<string, string> }>(
      'secrets',
      namespace,
      secretName,
    );
    const held = Buffer.from(secret?.data?.['token'] ?? '', 'base64');
    const shown = Buffer.from(token);
    return !this.isGone(secret) && held.length === shown.length && timingSafeEqual(held, shown);
  }

  /** Whether the object is there, is the same as then, and was not deleted a while ago. */
  private async holds(resource: string, namespace: string, { name, uid }: Reference): Promise<boolean> {
    const object = await this.objects.get(resource, namespace, name);
    return !this.isGone(object) && object?.metadata.uid === uid;
  }

  private isGone(object: KubeObject | undefined): boolean {
    if (object === undefined) return true;
    const { deletionTimestamp } = object.metadata;
    return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + DELETION_GRACE_MS < this.now();
  }
}

function userOf(namespace: string, { name, uid }: Reference, extra: Record<string, string[]>): UserInfo {
  return {
    username: subjectOf(namespace, name),
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** What reviews tell beside the user. */
function extraOf({ pod, node }: BoundClaims, id: string | undefined): Record<string, string[]> {
  return {
    ...(id !== undefined && { [`${TOKENS_EXTRA}/credential-id`]: [`JTI=${id}`] }),
    ...(pod && { [`${TOKENS_EXTRA}/pod-name`]: [pod.name], [`${TOKENS_EXTRA}/pod-uid`]: [pod.uid] }),
    ...(node && { [`${TOKENS_EXTRA}/node-name`]: [node.name], [`${TOKENS_EXTRA}/node-uid`]: [node.uid] }),
  };
}
