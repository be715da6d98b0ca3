import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Credential } from './credential.js';

/** A credential helper could not be run, or answered nonsense. The message never holds what it printed. */
export class CredentialHelperError extends Error {
  override readonly name = 'CredentialHelperError';
  readonly code = 'CREDENTIAL_HELPER_FAILED';
}

export interface CredentialHelperOptions {
  env: NodeJS.ProcessEnv;
  /** Default 30 000. */
  timeoutMs?: number;
}

const LONGEST_OUTPUT = 64 * 1024;
/** How helpers say that they have nothing for a server (github.com/docker/docker-credential-helpers). */
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * Asks `docker-credential-NAME get` for a server's credential (mirror.md 4). Undefined when the helper has none. The user
 * name `<token>` marks an identity token.
 *
 * @throws {CredentialHelperError}
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  options: CredentialHelperOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const { status, output } = await run(program, server, options);
  if (status !== 0) {
    if (output.trim() === NOT_FOUND) return undefined;
    throw new CredentialHelperError(`${program} get for ${server}: exit status ${status ?? 'none (killed)'}`);
  }
  const answer = parseAnswer(output);
  if (answer === undefined) {
    throw new CredentialHelperError(`${program} get for ${server}: expected JSON with Username and Secret`);
  }
  const { username, secret } = answer;
  if (secret === '') return undefined;
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

type Helper = ChildProcessByStdio<Writable, Readable, null>;

async function run(
  program: string,
  server: string,
  { env, timeoutMs = 30_000 }: CredentialHelperOptions,
): Promise<{ status: number | null; output: string }> {
  const helper = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const timer = setTimeout(() => end(helper), timeoutMs);
  try {
    return await collect(helper, server);
  } catch (cause) {
    throw new CredentialHelperError(`${program} cannot be run; is it installed, and in PATH?`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function collect(helper: Helper, server: string): Promise<{ status: number | null; output: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  helper.stdout.on('data', (chunk: Buffer) => {
    length += chunk.byteLength;
    if (length > LONGEST_OUTPUT) end(helper);
    else chunks.push(chunk);
  });
  helper.stdin.on('error', () => undefined); // A helper may end without reading its input.
  helper.stdin.end(server);
  return new Promise((resolve, reject) => {
    helper.once('error', reject);
    helper.once('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
  });
}

/** Its own children may hold the output open: it is not read any more. */
function end(helper: Helper): void {
  helper.kill('SIGKILL');
  helper.stdout.destroy();
}

function parseAnswer(output: string): { username: string; secret: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { Username: username, Secret: secret } = value as { Username?: unknown; Secret?: unknown };
  return typeof username === 'string' && typeof secret === 'string' ? { username, secret } : undefined;
}
