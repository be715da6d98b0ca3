import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../workspace.js';

export interface User {
  name: string;
  password: string;
}

/** The one user of the benchmark. The hash is bcrypt at cost 5, what `htpasswd -B` writes by default. */
export const user: User = { name: 'bench', password: 'bench' };
const htpasswd = 'bench:$2y$05$5Hd9lVqfvznlxfgr6Ohoeu4JUtTfdsMM5qCxn3epImpx9Znk2C3aC';

/** The value of the Authorization header that all requests of a user carry. */
export function authorizationOf({ name, password }: User): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

export interface ConfigInput {
  dir: string;
  storageRoot: string;
  port: number;
  certificate: Certificate | undefined;
}

/** Writes the configuration of a server, the same for both, and returns its path. JSON is a subset of YAML. */
export async function writeServerConfig(input: ConfigInput): Promise<string> {
  const htpasswdFile = join(input.dir, 'htpasswd');
  const configFile = join(input.dir, 'config.yml');
  await writeFile(htpasswdFile, `${htpasswd}\n`, { mode: 0o600 });
  await writeFile(configFile, JSON.stringify(serverConfig(input, htpasswdFile), undefined, 2));
  return configFile;
}

function serverConfig({ storageRoot, port, certificate }: ConfigInput, htpasswdFile: string): object {
  const tls = certificate && { certificate: certificate.certFile, key: certificate.keyFile };
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storageRoot },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, secret: 'bench', ...(tls && { tls }) },
    auth: { htpasswd: { realm: 'bench', path: htpasswdFile } },
  };
}
