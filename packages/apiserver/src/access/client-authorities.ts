import { X509Certificate } from 'node:crypto';

interface Checked {
  isOurs: boolean;
  validFrom: number;
  validTo: number;
}

/** `extendedKeyUsage` clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Authorities whose certificates clients show. Throws where the PEM cannot be read. */
export class ClientAuthorities {
  private readonly authorities: X509Certificate[];
  /** By the buffer that each connection has of its own, so that a certificate is parsed once in its life. */
  private readonly checked = new WeakMap<Buffer, Checked>();

  constructor(
    readonly pem: string,
    private readonly now: () => number,
  ) {
    this.authorities = (pem.match(PEM_CERTIFICATE) ?? []).map((each) => new X509Certificate(each));
  }

  /** Whether one of them issued this certificate (DER), for clients, and it holds now. */
  vouchFor(raw: Buffer): boolean {
    const { isOurs, validFrom, validTo } = this.check(raw);
    const now = this.now();
    return isOurs && now >= validFrom && now <= validTo;
  }

  private check(raw: Buffer): Checked {
    const known = this.checked.get(raw);
    if (known !== undefined) return known;
    const certificate = new X509Certificate(raw);
    const checked = {
      isOurs: certificate.keyUsage?.includes(CLIENT_AUTH) === true && this.issued(certificate),
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
    };
    this.checked.set(raw, checked);
    return checked;
  }

  private issued(certificate: X509Certificate): boolean {
    return this.authorities.some((each) => certificate.checkIssued(each) && certificate.verify(each.publicKey));
  }
}
