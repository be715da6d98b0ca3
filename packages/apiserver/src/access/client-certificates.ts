import { unauthorized } from '@longshore/kube';
import type { Authenticator, Credentials, UserInfo } from './access.js';
import { ClientAuthorities } from './client-authorities.js';

/**
 * Users by client certificates: the common name is the user, organizations are groups. What TLS has checked is checked once
 * more: by our authorities, for clients, and in time also while a connection lasts for days.
 */
export class ClientCertificates implements Authenticator {
  private readonly authorities: ClientAuthorities;

  /** `authorities`: PEM. */
  constructor(authorities: string, now: () => number) {
    this.authorities = new ClientAuthorities(authorities, now);
  }

  async authenticate({ clientCertificate, certificateSubject }: Credentials): Promise<UserInfo | undefined> {
    if (clientCertificate === undefined || certificateSubject === undefined) return undefined;
    const { commonName, organizations } = certificateSubject;
    if (!this.authorities.vouchFor(clientCertificate) || commonName === '') throw unauthorized();
    return { username: commonName, groups: organizations };
  }
}
