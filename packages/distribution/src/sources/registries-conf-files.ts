import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseRegistriesConf, RegistriesConfError, type RegistryEntry } from './registries-conf.js';
import { registriesConfSources, type PullSourcesOf } from './registries-conf-sources.js';

const SYSTEM_FOLDER = '/etc/containers';

/**
 * From where images come on this machine, by the registries.conf that podman and skopeo would read: `CONTAINERS_REGISTRIES_CONF`,
 * else the user's, else the system's; with the files of `registries.conf.d` over it. Errors: RegistriesConfError.
 */
export async function userPullSources(env: NodeJS.ProcessEnv, systemFolder = SYSTEM_FOLDER): Promise<PullSourcesOf> {
  const entries = new Map<string, RegistryEntry>();
  for (const file of await registriesConfFiles(env, systemFolder)) {
    const text = await read(file, file === env['CONTAINERS_REGISTRIES_CONF']);
    for (const entry of parseRegistriesConf(text ?? '', file)) entries.set(entry.prefix, entry);
  }
  return registriesConfSources([...entries.values()]);
}

/** In the order in which they are read; later ones replace entries of earlier ones. A user's file leaves out the system's. */
async function registriesConfFiles(env: NodeJS.ProcessEnv, systemFolder: string): Promise<string[]> {
  const userFolder = join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'containers');
  const [userFile, systemFile] = [userFolder, systemFolder].map((folder) => join(folder, 'registries.conf'));
  const named = env['CONTAINERS_REGISTRIES_CONF'];
  const users = await dropIns(userFolder);
  if (named) return [named, ...(await dropIns(systemFolder)), ...users];
  if (userFile !== undefined && (await read(userFile, false)) !== undefined) return [userFile, ...users];
  return [...(systemFile === undefined ? [] : [systemFile]), ...(await dropIns(systemFolder)), ...users];
}

async function dropIns(folder: string): Promise<string[]> {
  const path = join(folder, 'registries.conf.d');
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (isAbsent(error)) return [];
    throw new RegistriesConfError(`${path} cannot be read: ${error.code}`, { cause: error });
  });
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(path, name));
}

async function read(file: string, mustBeThere: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!mustBeThere && isAbsent(error)) return undefined;
    throw new RegistriesConfError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
