import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import type { Connection, Credential, Material } from '../kubeconfig/connection.js';
import { runExecPlugin, type ExecCredential } from '../kubeconfig/exec-plugin.js';
import { CredentialError } from './transport.js';

/** What a connection shows of itself just now. */
export interface Secrets {
  token?: string;
  certificate?: string;
  key?: string;
  certificateAuthority?: string;
}

/** How long a file is believed: as client-go does with tokens. */
const FILE_LIFE_MS = 60_000;
/** So long before it expires, an exec credential is renewed. */
const EXPIRY_MARGIN_MS = 10_000;

/** Reads tokens and certificates, again when files may have changed, a program's answer expires, or the server refused. */
export class CredentialSource {
  private fromFiles: { secrets: Promise<Secrets>; until: number } | undefined;
  private fromPlugin: Promise<ExecCredential> | undefined;

  constructor(
    private readonly connection: Pick<Connection, 'credential' | 'certificateAuthority'>,
    private readonly clock: Clock,
  ) {}

  /** Errors: {@link CredentialError}. */
  async get(): Promise<Secrets> {
    const secrets = await this.files();
    const { exec } = this.connection.credential;
    if (exec === undefined) return secrets;
    const running = this.fromPlugin;
    const held = await running?.catch(() => undefined);
    const isExpired = held?.expires !== undefined && held.expires.getTime() - EXPIRY_MARGIN_MS <= this.clock.now();
    if ((held === undefined || isExpired) && this.fromPlugin === running) this.fromPlugin = runExecPlugin(exec);
    const { expires: _, ...fresh } = (await this.fromPlugin) ?? {};
    return { ...secrets, ...fresh };
  }

  /** Forgets what was read, after the server refused it. False when the next {@link get} would answer the same. */
  refresh(): boolean {
    const { exec, token } = this.connection.credential;
    if (exec === undefined && (token === undefined || !('file' in token))) return false;
    this.fromFiles = undefined;
    this.fromPlugin = undefined;
    return true;
  }

  private files(): Promise<Secrets> {
    const now = this.clock.monotonic();
    if (this.fromFiles === undefined || now >= this.fromFiles.until) {
      const secrets = readSecrets(this.connection.credential, this.connection.certificateAuthority);
      this.fromFiles = { secrets, until: now + FILE_LIFE_MS };
      secrets.catch(() => {
        this.fromFiles = undefined;
      });
    }
    return this.fromFiles.secrets;
  }
}

async function readSecrets(credential: Credential, authority: Material | undefined): Promise<Secrets> {
  const [token, certificate, key, certificateAuthority] = await Promise.all(
    [credential.token, credential.certificate, credential.key, authority].map(readMaterial),
  );
  return {
    ...(token !== undefined && { token: token.trim() }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    ...(certificateAuthority !== undefined && { certificateAuthority }),
  };
}

async function readMaterial(material: Material | undefined): Promise<string | undefined> {
  if (material === undefined) return undefined;
  if ('data' in material) return material.data.toString('utf8');
  try {
    return await readFile(material.file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CredentialError(`${material.file} cannot be read: ${code}`, { cause: error });
  }
}
