import { join } from 'node:path';
import {
  ClientCertificates,
  type Controller,
  type HttpPath,
  type ObjectAccess,
  type ResourceDefinition,
  type Subresource,
} from '@longshore/apiserver';
import { BcryptThread } from '@longshore/registry';
import { Cookies, ensureOAuthClients, oauthPaths, OwnUrls } from '../oauth/index.js';
import type { ClusterCertificates } from '../tls/index.js';
import { AccessTokens } from './access-tokens/access-tokens.js';
import { expiredTokensController } from './access-tokens/expired-tokens.js';
import { GroupIndex } from './group-index.js';
import { Identity } from './identity.js';
import { identityDefinitions } from './kinds/index.js';
import { PasswordLogin } from './passwords/password-login.js';
import { tokenDiscoveryPaths } from './service-accounts/discovery.js';
import { ServiceAccountTokens } from './service-accounts/service-account-tokens.js';
import { openSigningKey } from './service-accounts/signing-key.js';
import { TokenIssuer } from './service-accounts/token-issuer.js';
import { tokenSubresource } from './service-accounts/token-request.js';
import { tokenSecretsController } from './service-accounts/token-secrets.js';

export interface IdentityOptions {
  /** Folder of private files. */
  dir: string;
  /** Of the API server; may be bound later (`LateObjects`). */
  objects: ObjectAccess;
  certificates: ClusterCertificates;
  /** `https://127.0.0.1:6443` */
  publicUrl: string;
  /** Names and addresses by which clients reach the API server. */
  names: readonly string[];
  now?: () => number;
  onError: (error: unknown) => void;
}

/** Everything about who is who in one cluster. */
export interface OpenIdentity {
  /** For the API server, and for TokenReview. */
  authenticator: Identity;
  definitions: ResourceDefinition[];
  /** Subresource `token` of service accounts. */
  tokenSubresource: Subresource;
  /** Signs the tokens of service accounts. */
  issuer: TokenIssuer;
  /** OAuth, login pages, keys. */
  paths: HttpPath[];
  controllers: Controller[];
  /** When the API server is there: makes the OAuth clients and reads the groups. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What tokens of service accounts name as their issuer and audience, wherever the server is. */
export const ISSUER = 'https://kubernetes.default.svc';

export async function openIdentity(options: IdentityOptions): Promise<OpenIdentity> {
  const { dir, objects, certificates, publicUrl, names, now = Date.now, onError } = options;
  const groups = new GroupIndex();
  const issuer = new TokenIssuer({ key: await openSigningKey(join(dir, 'service-account.key')), issuer: ISSUER, now });
  const accessTokens = new AccessTokens(objects, groups, now);
  const thread = new BcryptThread();
  const passwords = new PasswordLogin({ objects, compare: thread.compare, now, onError });
  const urls = new OwnUrls(publicUrl, names);
  return {
    authenticator: new Identity(
      new ClientCertificates(certificates.clientCertificateAuthority, now),
      accessTokens,
      new ServiceAccountTokens(issuer, objects, now),
      issuer.audiences,
    ),
    definitions: identityDefinitions(groups),
    tokenSubresource: tokenSubresource(issuer),
    issuer,
    paths: [
      ...oauthPaths({ objects, accessTokens, passwords, cookies: new Cookies(now), urls, now }),
      ...(await tokenDiscoveryPaths(issuer, publicUrl)),
    ],
    controllers: [expiredTokensController(now), tokenSecretsController(issuer, certificates.authority)],
    start: async () => {
      await groups.load(objects);
      await ensureOAuthClients(objects, publicUrl);
    },
    close: () => thread.close(),
  };
}
