import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { comparableHost, normalizeRepository } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import { askCredentialHelper } from './credential-helper.js';
import type { Credential } from './credential.js';
import { DockerConfigError, parseDockerCfg, parseDockerConfig } from './docker-config.js';
import type { DockerCredentials } from './docker-config.js';
import { matchCredentials } from './match-credentials.js';

export interface FindCredentialsOptions {
  /** A file that the user named: first in the order; it must be there and readable. */
  file?: string;
  /** Default that of this process. */
  uid?: number;
}

/** The credentials of somebody's files and helpers. */
export interface FoundCredentials {
  /**
   * All that fit a repository in the first file that has any: who names a file does not act as somebody else when it is refused.
   * Helpers are asked for hosts now, not before. Fits `RegistryClientOptions.credentials`. A helper that fails is one of the problems.
   */
  credentials: (repository: RepositoryName) => Promise<Credential[]>;
  /** What could not be used so far, each with its file. */
  problems: string[];
}

interface CredentialFile extends DockerCredentials {
  path: string;
}

/** Where docker.io's credentials are in helpers, which know it by this address only. */
const HUB_SERVER = 'https://index.docker.io/v1/';
/** Says `docker` when docker's file counts before those of podman. */
const PREFERENCE = 'REGISTRY_AUTH_PREFERENCE';
const LARGEST_FILE = 1024 * 1024;

/** The files that may hold credentials, in the order in which they count (mirror.md 4). The last one has the old format. */
export function credentialFiles(env: NodeJS.ProcessEnv, uid?: number): string[] {
  const home = env['HOME'] ?? '';
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/containers/${uid ?? 0}`;
  const config = env['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  const docker = env['DOCKER_CONFIG'] || (home && join(home, '.docker'));
  const dockerConfig = docker && join(docker, 'config.json');
  const dockerFirst = env[PREFERENCE] === 'docker';
  return [
    dockerFirst ? dockerConfig : undefined,
    env['REGISTRY_AUTH_FILE'],
    env['XDG_RUNTIME_DIR'] ? join(runtime, 'containers', 'auth.json') : join(runtime, 'auth.json'),
    config && join(config, 'containers', 'auth.json'),
    dockerFirst ? undefined : dockerConfig,
    home && join(home, '.dockercfg'),
  ].filter((path): path is string => path !== undefined && path !== '');
}

/**
 * Reads the credentials of the user that the environment belongs to (mirror.md 4). Files that are not there count as empty;
 * one that cannot be read or understood is a problem of the result.
 *
 * @throws {DockerConfigError} for `options.file`; the error of the file system too
 */
export async function findCredentials(
  env: NodeJS.ProcessEnv,
  options: FindCredentialsOptions = {},
): Promise<FoundCredentials> {
  const { file, uid = process.getuid?.() } = options;
  const files = file === undefined ? [] : [await readCredentials(file)];
  const problems: string[] = [];
  if (env[PREFERENCE] !== undefined) {
    problems.push(`${PREFERENCE} is deprecated; name the file in REGISTRY_AUTH_FILE or with --registry-config`);
  }
  for (const path of credentialFiles(env, uid)) {
    try {
      files.push(await readCredentials(path));
    } catch (error) {
      if (!isMissing(error)) problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  problems.push(...files.flatMap(({ path, problems: found }) => found.map((problem) => `${path}: ${problem}`)));
  const helpers = new HelperAnswers(env, problems);
  const credentials = async (repository: RepositoryName) => {
    for (const one of files) {
      const found = matchCredentials(one.entries, repository);
      const answer = await helpers.ask(one, repository);
      if (answer !== undefined) found.push(answer);
      if (found.length > 0) return found;
    }
    return [];
  };
  return { credentials, problems };
}

async function readCredentials(path: string): Promise<CredentialFile> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > LARGEST_FILE) throw new DockerConfigError(`larger than ${LARGEST_FILE} bytes`);
    const text = (await handle.readFile('utf8')).trim();
    const parse = path.endsWith('.dockercfg') ? parseDockerCfg : parseDockerConfig;
    return { path, ...parse(text === '' ? '{}' : text) };
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Remembers for a while what helpers answered: some open a dialog, others ask a cloud for a password of some hours. */
class HelperAnswers {
  readonly #answers = new LRUCache<string, Promise<Credential | undefined>>({ max: 1000, ttl: 300_000 });

  constructor(
    readonly env: NodeJS.ProcessEnv,
    readonly problems: string[],
  ) {}

  async ask(file: CredentialFile, repository: RepositoryName): Promise<Credential | undefined> {
    const host = comparableHost(normalizeRepository(repository).host);
    const name = file.helpers.get(host) ?? file.store;
    if (name === undefined) return undefined;
    const key = `${name} ${host}`;
    const answer = this.#answers.get(key) ?? this.#run(name, host);
    this.#answers.set(key, answer);
    return answer;
  }

  async #run(name: string, host: string): Promise<Credential | undefined> {
    try {
      return await askCredentialHelper(name, host === 'docker.io' ? HUB_SERVER : host, { env: this.env });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (!this.problems.includes(problem)) this.problems.push(problem);
      return undefined;
    }
  }
}
