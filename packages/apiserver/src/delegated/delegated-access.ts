import { createHash } from 'node:crypto';
import { Answers, reviewAccess, reviewToken, unauthorized, type KubeClient } from '@longshore/kube';
import {
  MASTERS_GROUP,
  type Attributes,
  type Authenticator,
  type Authorizer,
  type AuthorizerDecision,
  type Credentials,
  type UserInfo,
} from '../access/access.js';
import { ClientCertificates } from '../access/client-certificates.js';
import {
  AUTHENTICATION_CONFIG_MAP,
  authenticationSettings,
  type AuthenticationSettings,
} from './authentication-settings.js';
import { FrontProxy } from './front-proxy.js';

export interface DelegatedAccessOptions {
  /** Of the API server that this one extends; needs the roles `system:auth-delegator` and `extension-apiserver-authentication-reader`. */
  client: KubeClient;
  now?: () => number;
}

/** What was answered is believed for so long, in milliseconds (the defaults of Kubernetes). */
const BELIEVED_MS = 10_000;
const MAX_ANSWERS = 10_000;
/** Of one review, which may answer several requests. */
const TIMEOUT_MS = 10_000;
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
/** Asked by kubelets, which show nothing. */
const ALWAYS_ALLOWED = new Set(['/healthz', '/livez', '/readyz']);

/** Users and rights of the API server that this one extends: nothing of them is kept here. */
export class DelegatedAccess implements Authenticator, Authorizer {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #tokens: Answers<UserInfo | undefined>;
  readonly #decisions: Answers<AuthorizerDecision>;
  #settings: AuthenticationSettings = {};
  #frontProxy: FrontProxy | undefined;
  #certificates: ClientCertificates | undefined;

  constructor({ client, now = Date.now }: DelegatedAccessOptions) {
    this.#client = client;
    this.#now = now;
    const answers = { believedFor: () => BELIEVED_MS, max: MAX_ANSWERS, now };
    this.#tokens = new Answers(answers);
    this.#decisions = new Answers(answers);
  }

  /** PEM of all that TLS asks clients for certificates of. */
  get clientAuthorities(): string[] {
    const { clientCa, frontProxy } = this.#settings;
    return [clientCa, frontProxy?.clientCa].filter((pem) => pem !== undefined);
  }

  /**
   * Reads anew whom to believe. Resolves with whether `clientAuthorities` changed. Errors: those of the client; TypeError for
   * settings that cannot be read: the old ones stay.
   */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
    const settings = authenticationSettings(await this.#client.find(CONFIG_MAPS, name, { namespace, signal }));
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return false;
    const frontProxy = settings.frontProxy && new FrontProxy(settings.frontProxy, this.#now);
    const { clientCa } = settings;
    this.#certificates = clientCa === undefined ? undefined : new ClientCertificates(clientCa, this.#now);
    this.#frontProxy = frontProxy;
    this.#settings = settings;
    return true;
  }

  async authenticate(credentials: Credentials): Promise<UserInfo | undefined> {
    const passedOn = this.#frontProxy?.authenticate(credentials);
    if (passedOn !== undefined) return passedOn;
    if (credentials.clientCertificate !== undefined) {
      if (this.#certificates === undefined) throw unauthorized();
      return this.#certificates.authenticate(credentials);
    }
    const { token } = credentials;
    if (token === undefined) return undefined;
    const digest = createHash('sha256').update(token).digest('base64url');
    return this.#tokens.of(digest, async () => {
      const user = await reviewToken(this.#client, token, AbortSignal.timeout(TIMEOUT_MS));
      return user && { ...user, groups: user.groups ?? [] };
    });
  }

  async authorize({ user, ...asked }: Attributes): Promise<AuthorizerDecision> {
    if (user.groups.includes(MASTERS_GROUP)) return { allowed: true };
    if ('path' in asked && ALWAYS_ALLOWED.has(asked.path)) return { allowed: true };
    return this.#decisions.of(JSON.stringify([user, asked]), () =>
      reviewAccess(this.#client, user, asked, AbortSignal.timeout(TIMEOUT_MS)),
    );
  }
}
