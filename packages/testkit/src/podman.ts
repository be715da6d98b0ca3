import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireProgram, runProgram, type ProgramOptions, type ProgramResult } from './program.js';

/** A container client and the Debian package that brings it. */
const CLIENTS = { podman: 'podman', buildah: 'buildah', skopeo: 'skopeo' } as const;

export type ContainerClient = keyof typeof CLIENTS;

/**
 * What podman, buildah and skopeo share: storage, credentials and settings of their own, so that nothing of the machine's
 * is read or changed.
 */
export interface ContainerTools {
  /** Everything lies below this folder. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** The file where logins are kept. */
  authFile: string;
  /** Runs a client. Errors: ProgramMissingError, ProgramError with the command and the end of its output. */
  run(client: ContainerClient, args: readonly string[], options?: ToolOptions): Promise<ProgramResult>;
}

export type ToolOptions = Omit<ProgramOptions, 'env'>;

/**
 * Small machines, and containers above all, let root neither raise its limits nor use cgroup v2 everywhere: hence runc,
 * cgroupfs and explicit limits. Locks lie in files, because the default, shared memory, is common to the machine.
 */
const containersConf = (dir: string) => `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=16000:16000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${dir}/libpod"
`;

const storageConf = (dir: string) => `[storage]
driver = "vfs"
graphroot = "${dir}/storage"
runroot = "${dir}/run"
`;

/** Prepares a folder for the container clients. They run as root. */
export async function createContainerTools(dir: string): Promise<ContainerTools> {
  const files = {
    CONTAINERS_CONF: [join(dir, 'containers.conf'), containersConf(dir)],
    CONTAINERS_STORAGE_CONF: [join(dir, 'storage.conf'), storageConf(dir)],
    CONTAINERS_REGISTRIES_CONF: [join(dir, 'registries.conf'), 'short-name-mode = "disabled"\n'],
    REGISTRY_AUTH_FILE: [join(dir, 'auth.json'), '{}'],
  } as const;
  // The policy has no variable of its own; it is looked for below HOME before /etc.
  const policy = join(dir, '.config/containers/policy.json');
  await mkdir(join(dir, '.config/containers'), { recursive: true });
  await mkdir(join(dir, 'runtime'), { recursive: true, mode: 0o700 });
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: dir, XDG_RUNTIME_DIR: join(dir, 'runtime') };
  for (const [name, [path, content]] of Object.entries(files)) {
    await writeFile(path, content, { mode: 0o600 });
    env[name] = path;
  }
  const run = async (client: ContainerClient, args: readonly string[], options: ToolOptions = {}) =>
    runProgram(await requireProgram(client, CLIENTS[client]), args, { ...options, env });
  return { dir, env, authFile: files.REGISTRY_AUTH_FILE[0], run };
}
