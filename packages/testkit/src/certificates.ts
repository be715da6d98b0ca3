import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireProgram, runProgram } from './program.js';

/** PEM files of a certificate and its private key. */
export interface CertificateFiles {
  certificate: string;
  key: string;
}

const EXTENSIONS = `[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, IP:::1, DNS:localhost
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
`;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate authority: `ca.crt` and `ca.key` in `dir`, which is created. Valid for 30 days. */
export async function createCertificateAuthority(dir: string): Promise<CertificateFiles> {
  const config = await openSslConfig(dir);
  const files = { certificate: join(dir, 'ca.crt'), key: join(dir, 'ca.key') };
  const subject = ['-subj', '/CN=Longshore test authority', '-days', '30', '-extensions', 'ca'];
  await openSsl(['req', '-x509', '-config', config, ...NEW_KEY, ...subject, ...outputs(files)]);
  return files;
}

/**
 * Issues a certificate for 127.0.0.1, ::1 and localhost: `server.crt` and `server.key` in `dir`, which is created. Files
 * that are already there are replaced one by one by renaming, as certificate managers do.
 */
export async function issueServerCertificate(
  ca: CertificateFiles,
  { dir, days = 30 }: { dir: string; days?: number },
): Promise<CertificateFiles> {
  return issue(ca, { dir, days, kind: 'server', subject: '/CN=Longshore test server' });
}

/** Issues a certificate for a client of this common name: `client.crt` and `client.key` in `dir`, which is created. */
export async function issueClientCertificate(
  ca: CertificateFiles,
  { dir, commonName }: { dir: string; commonName: string },
): Promise<CertificateFiles> {
  return issue(ca, { dir, days: 30, kind: 'client', subject: `/CN=${commonName}` });
}

interface Issue {
  dir: string;
  days: number;
  kind: 'server' | 'client';
  subject: string;
}

async function issue(ca: CertificateFiles, { dir, days, kind, subject }: Issue): Promise<CertificateFiles> {
  const config = await openSslConfig(dir);
  const files = { certificate: join(dir, `${kind}.crt`), key: join(dir, `${kind}.key`) };
  const fresh = { certificate: `${files.certificate}.new`, key: `${files.key}.new` };
  const request = join(dir, `${kind}.csr`);
  await openSsl([
    'req',
    '-new',
    '-config',
    config,
    ...NEW_KEY,
    '-subj',
    subject,
    '-keyout',
    fresh.key,
    '-out',
    request,
  ]);
  const issuer = ['-CA', ca.certificate, '-CAkey', ca.key, '-CAcreateserial', '-days', String(days)];
  const extensions = ['-extfile', config, '-extensions', kind];
  await openSsl(['x509', '-req', '-in', request, ...issuer, ...extensions, '-out', fresh.certificate]);
  await rename(fresh.key, files.key);
  await rename(fresh.certificate, files.certificate);
  return files;
}

function outputs(files: CertificateFiles): string[] {
  return ['-keyout', files.key, '-out', files.certificate];
}

async function openSslConfig(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'openssl.cnf');
  await writeFile(path, EXTENSIONS);
  return path;
}

async function openSsl(args: string[]): Promise<void> {
  await runProgram(await requireProgram('openssl', 'openssl'), args);
}
