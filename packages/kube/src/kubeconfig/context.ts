import { dirname, resolve } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { Connection, Credential, Material } from './connection.js';
import type { ExecPlugin } from './exec-plugin.js';
import { KubeconfigError } from './kubeconfig-error.js';
import type { Entry, Kubeconfig } from './kubeconfig.js';

/** What a context of a kubeconfig says. Default: the current one. Errors: {@link KubeconfigError}. */
export function connectionOf(config: Kubeconfig, contextName = config.currentContext): Connection {
  if (contextName === undefined) throw new KubeconfigError('the kubeconfig has no current-context; name one');
  const context = lookUp(config.contexts, contextName, 'context');
  const cluster = lookUp(config.clusters, text(context, 'cluster') ?? '', 'cluster');
  const userName = text(context, 'user');
  const user = userName === undefined ? undefined : lookUp(config.users, userName, 'user');
  const certificateAuthority = material(cluster, 'certificate-authority');
  const tlsServerName = text(cluster, 'tls-server-name');
  const proxyUrl = text(cluster, 'proxy-url');
  const headers = user === undefined ? {} : impersonation(user);
  return {
    server: url(cluster, 'server', text(cluster, 'server') ?? ''),
    ...(certificateAuthority !== undefined && { certificateAuthority }),
    ...(flag(cluster, 'insecure-skip-tls-verify') && { insecureSkipTlsVerify: true }),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(proxyUrl !== undefined && { proxyUrl: url(cluster, 'proxy-url', proxyUrl) }),
    credential: user === undefined ? {} : credentialOf(user, cluster),
    ...(Object.keys(headers).length > 0 && { headers }),
    namespace: text(context, 'namespace') ?? 'default',
  };
}

function lookUp(entries: ReadonlyMap<string, Entry>, name: string, what: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw new KubeconfigError(`the kubeconfig has no ${what} ${JSON.stringify(name)}`);
  return entry;
}

function credentialOf(user: Entry, cluster: Entry): Credential {
  if (user.fields['username'] !== undefined || user.fields['password'] !== undefined) {
    throw wrong(
      user,
      'username',
      'API servers take no passwords; log in with "oc login", or use a token or certificate',
    );
  }
  if (user.fields['auth-provider'] !== undefined) {
    throw wrong(user, 'auth-provider', 'was removed from Kubernetes; use exec');
  }
  const certificate = material(user, 'client-certificate');
  const key = material(user, 'client-key');
  if ((certificate === undefined) !== (key === undefined)) {
    throw wrong(user, 'client-certificate', 'a client certificate and its key are needed together');
  }
  const token = tokenOf(user);
  const exec = execOf(user, cluster);
  return {
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    ...(exec !== undefined && { exec }),
  };
}

/** A file comes before a token that stands in the configuration. */
function tokenOf(user: Entry): Material | undefined {
  const file = text(user, 'tokenFile');
  if (file !== undefined) return { file };
  const token = text(user, 'token');
  return token === undefined ? undefined : { data: Buffer.from(token) };
}

function execOf(user: Entry, cluster: Entry): ExecPlugin | undefined {
  const exec = user.fields['exec'];
  if (exec === undefined || exec === null) return undefined;
  if (!isJsonObject(exec)) throw wrong(user, 'exec', 'must be an object');
  const { apiVersion, command, args, env, installHint, interactiveMode } = exec;
  if (apiVersion !== 'client.authentication.k8s.io/v1') {
    throw wrong(user, 'exec.apiVersion', 'must be client.authentication.k8s.io/v1');
  }
  if (typeof command !== 'string' || command === '') throw wrong(user, 'exec.command', 'must be a program');
  if (interactiveMode === 'Always') throw wrong(user, 'exec.interactiveMode', 'Always is not possible here');
  return {
    // As with kubectl: a path is relative to the kubeconfig, a plain name is looked up.
    command: command.includes('/') ? resolve(dirname(user.file), command) : command,
    args: strings(user, 'exec.args', args),
    env: Object.fromEntries(listOf(user, 'exec.env', env, environmentVariable)),
    ...(typeof installHint === 'string' && { installHint }),
    ...(exec['provideClusterInfo'] === true && { cluster: clusterInfo(cluster) }),
  };
}

function environmentVariable(item: JsonValue): [string, string] | undefined {
  if (!isJsonObject(item) || typeof item['name'] !== 'string' || typeof item['value'] !== 'string') return undefined;
  return [item['name'], item['value']];
}

/** `spec.cluster` of an ExecCredential. */
function clusterInfo(cluster: Entry): JsonObject {
  const names = ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority-data', 'proxy-url'];
  return Object.fromEntries(
    names.flatMap((name) => (name in cluster.fields ? [[name, cluster.fields[name]]] : [])),
  ) as JsonObject;
}

/** `as`, `as-uid`, `as-groups` and `as-user-extra`, as headers. */
function impersonation(user: Entry): Record<string, string[]> {
  const name = text(user, 'as');
  const uid = text(user, 'as-uid');
  const groups = strings(user, 'as-groups', user.fields['as-groups']);
  const extra = user.fields['as-user-extra'] ?? {};
  if (!isJsonObject(extra)) throw wrong(user, 'as-user-extra', 'must be an object');
  const headers: Record<string, string[]> = {
    ...(uid !== undefined && { 'impersonate-uid': [uid] }),
    ...(groups.length > 0 && { 'impersonate-group': groups }),
  };
  for (const [key, values] of Object.entries(extra)) {
    headers[`impersonate-extra-${encodeURIComponent(key)}`] = strings(user, 'as-user-extra', values);
  }
  if (name !== undefined) return { 'impersonate-user': [name], ...headers };
  if (Object.keys(headers).length > 0) throw wrong(user, 'as', 'is missing');
  return {};
}

function material(entry: Entry, field: string): Material | undefined {
  const data = text(entry, `${field}-data`);
  if (data !== undefined) return { data: Buffer.from(data, 'base64') };
  const file = text(entry, field);
  return file === undefined ? undefined : { file };
}

/** Undefined also for an empty text. */
function text(entry: Entry, field: string): string | undefined {
  const value = entry.fields[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(entry, field, 'must be a string');
  return value;
}

function flag(entry: Entry, field: string): boolean {
  const value = entry.fields[field];
  if (value !== undefined && typeof value !== 'boolean') throw wrong(entry, field, 'must be true or false');
  return value === true;
}

function url(entry: Entry, field: string, value: string): URL {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw wrong(entry, field, 'must be an http or https URL');
  return parsed;
}

function listOf<T>(entry: Entry, field: string, list: unknown, read: (item: JsonValue) => T | undefined): T[] {
  if (list === undefined || list === null) return [];
  const items = Array.isArray(list) ? (list as JsonValue[]).map(read) : [undefined];
  if (items.includes(undefined)) throw wrong(entry, field, 'is malformed');
  return items as T[];
}

function strings(entry: Entry, field: string, list: unknown): string[] {
  return listOf(entry, field, list, (item) => (typeof item === 'string' ? item : undefined));
}

function wrong({ file, name }: Entry, field: string, problem: string): KubeconfigError {
  return new KubeconfigError(`${file}: ${JSON.stringify(name)}: ${field}: ${problem}`);
}
