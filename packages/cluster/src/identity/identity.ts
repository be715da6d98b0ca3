import {
  AUTHENTICATED_GROUP,
  type Authenticator,
  type ClientCertificates,
  type Credentials,
  type UserInfo,
} from '@longshore/apiserver';
import { hasReason } from '@longshore/kube';
import type { TokenAuthenticator } from '../rbac/index.js';
import type { AccessTokens } from './access-tokens/access-tokens.js';
import type { ReviewedToken, ServiceAccountTokens } from './service-accounts/service-account-tokens.js';

/** Who there is: clients by certificates, users by tokens from logins, service accounts by signed tokens. */
export class Identity implements Authenticator, TokenAuthenticator {
  constructor(
    private readonly certificates: ClientCertificates,
    private readonly accessTokens: AccessTokens,
    private readonly serviceAccounts: ServiceAccountTokens,
    /** Audiences of the API server. */
    private readonly audiences: readonly string[],
  ) {}

  /** A certificate counts before a token, as in Kubernetes. */
  async authenticate(credentials: Credentials): Promise<UserInfo | undefined> {
    const client = await this.certificates.authenticate(credentials);
    if (client !== undefined || credentials.token === undefined) return client;
    const user = await this.accessTokens.authenticate(credentials);
    return user ?? (await this.serviceAccounts.review(credentials.token, []))?.user;
  }

  /** Tokens from logins are for the API server only. Undefined also for tokens of ours that no longer hold. */
  async authenticateToken(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined> {
    try {
      const found = await this.review(token, audiences);
      return found && { ...found, user: { ...found.user, groups: [...found.user.groups, AUTHENTICATED_GROUP] } };
    } catch (error) {
      if (hasReason(error, 'Unauthorized')) return undefined;
      throw error;
    }
  }

  private async review(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined> {
    const user = await this.accessTokens.authenticate({ token });
    if (user === undefined) return this.serviceAccounts.review(token, audiences);
    const good = audiences.length === 0 ? this.audiences : audiences.filter((each) => this.audiences.includes(each));
    return good.length === 0 ? undefined : { user, audiences: good };
  }
}
