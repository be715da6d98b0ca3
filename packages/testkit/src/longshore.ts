import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateFiles } from './certificates.js';
import { LONGSHORE, runLongshore } from './command.js';
import { startProcess, type RunningProcess } from './process.js';
import { requireProgram, runProgram, type ProgramResult } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

/** A registry's configuration: the YAML text, or the value that it stands for. */
export type RegistryConfig = string | Record<string, unknown>;

/** The character after the port shows that the port has been printed completely. */
const LISTENING = /listening on\W+(?:https?:\/\/)?(\[[0-9a-f:]+\]|[\w.-]+):(\d+)(?=\D)/;

interface Launch {
  command: string;
  args: string[];
  config: RegistryConfig;
  dir: string;
  env?: NodeJS.ProcessEnv;
}

/** A registry that runs as a program of its own. */
export class RunningRegistry {
  process: RunningProcess;
  host: string;
  port: number;

  constructor(
    protected readonly launch: Launch,
    process: RunningProcess,
  ) {
    this.process = process;
    [this.host, this.port] = addressIn(process.output());
  }

  /** Scheme, host and port. */
  get url(): string {
    return `${isSecure(this.launch.config) ? 'https' : 'http'}://${this.address}`;
  }

  /** Host and port, as clients name the registry in references. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** The configuration file that it was started with. */
  get configFile(): string {
    return configFileOf(this.launch);
  }

  /** What it has printed since it was started or restarted. */
  log(): string {
    return this.process.output();
  }

  /** Ends it in order; returns its exit status, null when it had to be killed. */
  stop(): Promise<number | null> {
    return this.process.stop();
  }

  /** Ends it and its workers by SIGKILL. */
  kill9(): Promise<void> {
    return this.process.kill9();
  }

  /**
   * Ends it in order if it runs, and starts it with the same configuration. The port stays the same, unless the
   * configuration is a text that asks for port 0.
   */
  async restart(): Promise<void> {
    if (this.process.running) {
      await this.process.stop();
    }
    this.process = await start({ ...this.launch, config: withAddress(this.launch.config, this.address) });
    [this.host, this.port] = addressIn(this.process.output());
  }
}

/** A running Longshore registry. */
export class Longshore extends RunningRegistry {
  /** Runs `longshore registry gc` with this registry's configuration, in a process of its own. */
  collectGarbage(...flags: ('--delete-untagged' | '--dry-run')[]): Promise<ProgramResult> {
    return runLongshore(['registry', 'gc', '--config', this.configFile, ...flags], { env: this.launch.env });
  }
}

export interface LongshoreOptions {
  config: RegistryConfig;
  /** Where the configuration file goes. Default: a new folder below the system's temporary folder. */
  dir?: string;
  /** Replaces the environment of this process. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Writes a configuration and starts `longshore registry serve` on it. Use the address `127.0.0.1:0` for a free port.
 * Errors: StartError with the end of its log.
 */
export async function startLongshore(options: LongshoreOptions): Promise<Longshore> {
  const { config, env } = options;
  const dir = options.dir ?? temporaryFolder('longshore');
  const launch = { command: process.execPath, args: [LONGSHORE, 'registry', 'serve', '--config'], config, dir, env };
  return new Longshore(launch, await start(launch));
}

export interface DockerRegistryOptions {
  /** The folder of the filesystem driver. */
  root: string;
  /** Where the configuration file goes. Default: a new folder below the system's temporary folder. */
  dir?: string;
  tls?: CertificateFiles;
  /** A password file; without, everybody may do everything. */
  htpasswd?: string;
  /** Default: a free one. */
  port?: number;
  /** Whether content may be deleted. Default true. */
  delete?: boolean;
}

/** A running registry of Debian's `docker-registry`. */
export class DockerRegistry extends RunningRegistry {
  /** Runs its offline garbage collection. End the server first: it does not expect content to vanish. */
  collectGarbage(...flags: ('--delete-untagged' | '--dry-run')[]): Promise<ProgramResult> {
    return runProgram(this.launch.command, ['garbage-collect', ...flags, this.configFile]);
  }
}

/** Starts Debian's `docker-registry`. Errors: ProgramMissingError; StartError with the end of its log. */
export async function startDockerRegistry(options: DockerRegistryOptions): Promise<DockerRegistry> {
  const { root, tls, htpasswd, port = 0 } = options;
  const command = await requireProgram('docker-registry', 'docker-registry');
  const config = {
    version: 0.1,
    log: { level: 'info' },
    storage: {
      filesystem: { rootdirectory: root },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: options.delete ?? true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, ...(tls && { tls }) },
    ...(htpasswd !== undefined && { auth: { htpasswd: { realm: 'docker-registry', path: htpasswd } } }),
  };
  const dir = options.dir ?? temporaryFolder('docker-registry');
  const launch = { command, args: ['serve'], config, dir };
  return new DockerRegistry(launch, await start(launch));
}

/** Every JSON text is YAML, so a value goes into the file as JSON. */
async function start(launch: Launch): Promise<RunningProcess> {
  const { command, args, config, dir, env } = launch;
  const file = configFileOf(launch);
  await mkdir(dir, { recursive: true });
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  return startProcess({ command, args: [...args, file], env, ready: { output: LISTENING } });
}

function configFileOf(launch: Pick<Launch, 'dir'>): string {
  return join(launch.dir, 'config.yml');
}

function addressIn(log: string): [host: string, port: number] {
  const [, host = '', port] = LISTENING.exec(log) ?? [];
  return [host, Number(port)];
}

function httpSection(config: Record<string, unknown>): object {
  return typeof config['http'] === 'object' && config['http'] !== null ? config['http'] : {};
}

function withAddress(config: RegistryConfig, addr: string): RegistryConfig {
  return typeof config === 'string' ? config : { ...config, http: { ...httpSection(config), addr } };
}

function isSecure(config: RegistryConfig): boolean {
  return typeof config === 'string' ? /^\s+certificate:/m.test(config) : 'tls' in httpSection(config);
}
