import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writePrivateFile } from '@longshore/kube/private-file';
import { createAuthority, issueLeaf, type KeyPair } from './certificate.js';

export interface CertificateOptions {
  /** Folder for keys and certificates; made with mode 0700. */
  dir: string;
  /** Names and addresses of the API server, as `servingNames` lists them. */
  names: readonly string[];
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** The name of its files. */
const SERVER_AUTHORITY = 'ca';
const DAY_MS = 24 * 60 * 60_000;
const AUTHORITY_DAYS = 3650;
const SERVING_DAYS = 90;
const CLIENT_DAYS = 365;
/** An authority that ends sooner is replaced at start: it could not vouch for a whole serving certificate. */
const AUTHORITY_MARGIN_MS = SERVING_DAYS * DAY_MS;
/** Renewed when a third of its life is left. */
const SERVING_MARGIN_MS = (SERVING_DAYS / 3) * DAY_MS;

/** A file that is there and cannot be used. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly code = 'CERTIFICATE_UNUSABLE';
}

/** The two authorities of a cluster, one for servers and one for clients, and what they vouch for. */
export class ClusterCertificates {
  private constructor(
    private readonly options: CertificateOptions,
    private readonly serverAuthority: KeyPair,
    private readonly clientAuthority: KeyPair,
    private current: KeyPair,
  ) {}

  /** Reads what is in the folder, and makes what is missing or ends soon. Errors: {@link CertificateError}. */
  static async open(options: CertificateOptions): Promise<ClusterCertificates> {
    const { dir, names, now = Date.now } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const authority = async (name: string, commonName: string) => {
      const known = await readKeyPair(dir, name);
      if (known !== undefined && endOf(known) - now() > AUTHORITY_MARGIN_MS) return known;
      const made = await createAuthority(commonName, AUTHORITY_DAYS, new Date(now()));
      await writeKeyPair(dir, name, made);
      return made;
    };
    const server = await authority(SERVER_AUTHORITY, 'longshore-server-ca');
    const client = await authority('client-ca', 'longshore-client-ca');
    const known = await readKeyPair(dir, 'serving');
    const isGood = known !== undefined && isIssuedBy(known, server) && covers(known, names);
    const serving = isGood && endOf(known) - now() > SERVING_MARGIN_MS ? known : undefined;
    const certificates = new ClusterCertificates(options, server, client, serving ?? { certificate: '', key: '' });
    if (serving === undefined) await certificates.renew();
    return certificates;
  }

  /** PEM: who vouches for the API server. */
  get authority(): string {
    return this.serverAuthority.certificate;
  }

  /** Path of that. */
  get authorityFile(): string {
    return join(this.options.dir, `${SERVER_AUTHORITY}.crt`);
  }

  /** PEM: who vouches for clients. */
  get clientCertificateAuthority(): string {
    return this.clientAuthority.certificate;
  }

  /** What the API server shows, as TLS takes it. */
  get serving(): { cert: string; key: string } {
    return { cert: `${this.current.certificate}${this.authority}`, key: this.current.key };
  }

  /** Milliseconds since 1970 at which the serving certificate should be renewed. */
  get renewAt(): number {
    return endOf(this.current) - SERVING_MARGIN_MS;
  }

  /** Issues another serving certificate. */
  async renew(): Promise<void> {
    const { dir, names, now = Date.now } = this.options;
    const request = {
      commonName: 'longshore',
      usage: 'server',
      names,
      days: SERVING_DAYS,
      now: new Date(now()),
    } as const;
    const serving = await issueLeaf(this.serverAuthority, request);
    await writeKeyPair(dir, 'serving', serving);
    this.current = serving;
  }

  /** A certificate for a further server of the cluster, such as its router. It is kept nowhere. */
  issueServingCertificate(commonName: string, names: readonly string[]): Promise<KeyPair> {
    const now = new Date((this.options.now ?? Date.now)());
    return issueLeaf(this.serverAuthority, { commonName, usage: 'server', names, days: SERVING_DAYS, now });
  }

  /** A certificate by which a client is the user, in these groups. Valid for a year; nothing can take it back. */
  issueClientCertificate(user: string, groups: readonly string[]): Promise<KeyPair> {
    const now = new Date((this.options.now ?? Date.now)());
    const request = { commonName: user, organizations: groups, usage: 'client', days: CLIENT_DAYS, now } as const;
    return issueLeaf(this.clientAuthority, request);
  }

  /** The client certificate of that file name, issued anew when it is missing, ends within 30 days, or is of another authority. */
  async clientCertificate(fileName: string, user: string, groups: readonly string[]): Promise<KeyPair> {
    const { dir, now = Date.now } = this.options;
    const known = await readKeyPair(dir, fileName);
    const isGood = known !== undefined && isIssuedBy(known, this.clientAuthority);
    if (isGood && endOf(known) - now() > 30 * DAY_MS) return known;
    const issued = await this.issueClientCertificate(user, groups);
    await writeKeyPair(dir, fileName, issued);
    return issued;
  }
}

async function readKeyPair(dir: string, name: string): Promise<KeyPair | undefined> {
  const read = (path: string) =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new CertificateError(`${path} cannot be read: ${error.code ?? 'unknown error'}`, { cause: error });
    });
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const pair = { certificate: await read(certificate), key: await read(key) };
  if (pair.certificate === undefined || pair.key === undefined) return undefined;
  try {
    // The key is written first, so a power cut in between leaves a key that does not fit.
    if (!new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))) return undefined;
  } catch (error) {
    throw new CertificateError(`${certificate} or ${key} is damaged; remove both, and new ones are made`, {
      cause: error,
    });
  }
  return { certificate: pair.certificate, key: pair.key };
}

async function writeKeyPair(dir: string, name: string, { certificate, key }: KeyPair): Promise<void> {
  await writePrivateFile(join(dir, `${name}.key`), key);
  await writePrivateFile(join(dir, `${name}.crt`), certificate);
}

function endOf({ certificate }: KeyPair): number {
  return Date.parse(new X509Certificate(certificate).validTo);
}

function isIssuedBy({ certificate }: KeyPair, authority: KeyPair): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(authority.certificate).publicKey);
}

function covers({ certificate }: KeyPair, names: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
  return names.every((name) => (isIP(name) === 0 ? parsed.checkHost(name) : parsed.checkIP(name)) !== undefined);
}
