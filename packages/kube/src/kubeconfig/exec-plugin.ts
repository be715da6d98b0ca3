import { execFile } from 'node:child_process';
import { CredentialError } from '../client/transport.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { parseTime } from '../values/time.js';

/** A program that prints credentials (`client.authentication.k8s.io/v1`). */
export interface ExecPlugin {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  installHint?: string;
  /** What the program is told of the cluster, where the configuration says so. */
  cluster?: JsonObject;
}

export interface ExecCredential {
  token?: string;
  certificate?: string;
  key?: string;
  /** When to ask again; undefined: when the server refuses it. */
  expires?: Date;
}

const API_VERSION = 'client.authentication.k8s.io/v1';
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Runs the program once. Errors: {@link CredentialError}, which shows the end of its error output, never its output. */
export async function runExecPlugin(plugin: ExecPlugin): Promise<ExecCredential> {
  const request = {
    apiVersion: API_VERSION,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.cluster !== undefined && { cluster: plugin.cluster }) },
  };
  const env = { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(request) };
  const output = await run(plugin, env);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw new CredentialError(`${plugin.command} printed no JSON`);
  }
  return parseExecCredential(plugin.command, answer);
}

function run(plugin: ExecPlugin, env: NodeJS.ProcessEnv): Promise<string> {
  const { command, args, installHint } = plugin;
  const options = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === 'ENOENT') {
        const hint = installHint === undefined ? '' : `: ${installHint.slice(0, 1000)}`;
        return reject(new CredentialError(`${command}, which gives credentials, was not found${hint}`));
      }
      const end = stderr.trim().slice(-500);
      reject(new CredentialError(`${command}, which gives credentials, failed${end === '' ? '' : `: ${end}`}`));
    });
    child.stdin?.end();
  });
}

function parseExecCredential(command: string, answer: unknown): ExecCredential {
  const status = isJsonObject(answer) ? answer['status'] : undefined;
  if (!isJsonObject(answer) || answer['apiVersion'] !== API_VERSION || !isJsonObject(status)) {
    throw new CredentialError(`${command} printed no ExecCredential of ${API_VERSION} with a status`);
  }
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status;
  const expires = typeof expirationTimestamp === 'string' ? parseTime(expirationTimestamp) : undefined;
  if (typeof token !== 'string' && (typeof certificate !== 'string' || typeof key !== 'string')) {
    throw new CredentialError(`${command} printed neither a token nor a client certificate with its key`);
  }
  return {
    ...(typeof token === 'string' && { token }),
    ...(typeof certificate === 'string' && { certificate }),
    ...(typeof key === 'string' && { key }),
    ...(expires !== undefined && { expires }),
  };
}
