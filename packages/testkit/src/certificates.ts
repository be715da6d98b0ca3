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
  options: { dir: string; days?: number },
): Promise<CertificateFiles> {
  const { dir, days = 30 } = options;
  const config = await openSslConfig(dir);
  const request = join(dir, 'server.csr');
  const fresh = { certificate: join(dir, 'server.crt.new'), key: join(dir, 'server.key.new') };
  const subject = ['-subj', '/CN=Longshore test server'];
  await openSsl(['req', '-new', '-config', config, ...NEW_KEY, ...subject, '-keyout', fresh.key, '-out', request]);
  const issuer = ['-CA', ca.certificate, '-CAkey', ca.key, '-CAcreateserial', '-days', String(days)];
  const extensions = ['-extfile', config, '-extensions', 'server'];
  await openSsl(['x509', '-req', '-in', request, ...issuer, ...extensions, '-out', fresh.certificate]);
  const files = { certificate: join(dir, 'server.crt'), key: join(dir, 'server.key') };
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
