import type { ObjectAccess } from '@longshore/apiserver';
import { ApiError } from '@longshore/kube';
import { AccessUnavailableError, type ComparePassword } from '@longshore/registry';
import type { LoggedIn } from '../access-tokens/access-tokens.js';
import { findKubeadmin, KUBEADMIN, KUBEADMIN_LOGIN } from '../kubeadmin.js';
import { OAUTH_CONFIGS, type OAuthConfig } from '../objects.js';
import { dummyHash, HtpasswdUsers } from './htpasswd-users.js';
import { LoginLimiter } from './login-limiter.js';
import { mapUser } from './user-mapping.js';

export interface PasswordLoginOptions {
  objects: ObjectAccess;
  /** bcrypt, off the thread that serves. */
  compare: ComparePassword;
  now: () => number;
  onError: (error: unknown) => void;
}

const MAX_LENGTH = 1024;

/**
 * Logs users in by password: the first administrator, while there is one, then the users of the identity providers in their
 * order.
 */
export class PasswordLogin {
  private readonly limiter: LoginLimiter;
  private readonly htpasswd: HtpasswdUsers;

  constructor(private readonly options: PasswordLoginOptions) {
    this.limiter = new LoginLimiter(options.now);
    this.htpasswd = new HtpasswdUsers(options.objects, options.compare, options.onError);
  }

  /**
   * Undefined when the password is wrong or nobody is called so, which take the same work. Errors: `TooManyLoginsError`,
   * `UserMappingError`, ApiError `ServiceUnavailable` when too many passwords wait to be checked.
   */
  async login(name: string, password: string, address: string): Promise<LoggedIn | undefined> {
    if (name === '' || password === '' || name.length > MAX_LENGTH || password.length > MAX_LENGTH) return undefined;
    const takeBack = this.limiter.attempt(name, address);
    let isWrong = false;
    try {
      const user = await this.find(name, password);
      isWrong = user === undefined;
      return user;
    } catch (error) {
      if (error instanceof AccessUnavailableError) throw new ApiError('ServiceUnavailable', error.message);
      throw error;
    } finally {
      if (!isWrong) takeBack();
    }
  }

  private async find(name: string, password: string): Promise<LoggedIn | undefined> {
    const { objects, compare } = this.options;
    const kubeadmin = name === KUBEADMIN_LOGIN || name === KUBEADMIN ? await findKubeadmin(objects) : undefined;
    if (kubeadmin !== undefined) {
      return (await compare(password, kubeadmin.passwordHash)) ? { name: KUBEADMIN, uid: kubeadmin.uid } : undefined;
    }
    const config = await objects.get<OAuthConfig>(OAUTH_CONFIGS, '', 'cluster');
    const providers = config?.spec?.identityProviders ?? [];
    for (const provider of providers) {
      if (await this.htpasswd.verify(provider, name, password)) return mapUser(provider, name, objects);
    }
    if (providers.length === 0) await compare(password, dummyHash([]));
    return undefined;
  }
}
