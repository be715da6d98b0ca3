import { X509Certificate } from 'node:crypto';
import type { Authenticator, Credentials, UserInfo } from '@longshore/apiserver';
import { unauthorized } from '@longshore/kube';

interface Checked {
  isOurs: boolean;
  validFrom: number;
  validTo: number;
}

/** `extendedKeyUsage` clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Users by client certificates: the common name is the user, organizations are groups. What TLS has checked is checked once
 * more: by our authority, for clients, and in time also while a connection lasts for days.
 */
export class ClientCertificates implements Authenticator {
  private readonly authority: X509Certificate;
  /** By the buffer that each connection has of its own, so that a certificate is parsed once in its life. */
  private readonly checked = new WeakMap<Buffer, Checked>();

  constructor(
    authority: string,
    private readonly now: () => number,
  ) {
    this.authority = new X509Certificate(authority);
  }

  async authenticate({ clientCertificate, certificateSubject }: Credentials): Promise<UserInfo | undefined> {
    if (clientCertificate === undefined || certificateSubject === undefined) return undefined;
    const { isOurs, validFrom, validTo } = this.check(clientCertificate);
    const now = this.now();
    const { commonName, organizations } = certificateSubject;
    if (!isOurs || now < validFrom || now > validTo || commonName === '') throw unauthorized();
    return { username: commonName, groups: organizations };
  }

  private check(raw: Buffer): Checked {
    const known = this.checked.get(raw);
    if (known !== undefined) return known;
    const certificate = new X509Certificate(raw);
    const isForClients = certificate.keyUsage?.includes(CLIENT_AUTH) === true;
    const checked = {
      isOurs: isForClients && certificate.checkIssued(this.authority) && certificate.verify(this.authority.publicKey),
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
    };
    this.checked.set(raw, checked);
    return checked;
  }
}
