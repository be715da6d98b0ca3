import { join } from 'node:path';
import { loadConfig, type RegistryConfig } from '@longshore/registry';
import {
  runLongshore,
  startLongshore,
  temporaryFolder,
  type CertificateFiles,
  type Longshore,
} from '@longshore/testkit';

export interface Setup {
  /** The folder with the registry's content. Default: a new one. */
  root?: string;
  workers?: number;
  /** `longshore.gc.lease`. Default: an hour. */
  lease?: string;
  tls?: CertificateFiles;
  /** `http.draintimeout`. */
  drainTimeout?: string;
  /** `storage.maintenance.uploadpurging`. */
  purging?: { age: string; interval: string };
}

/** The configuration of a registry with two workers that may delete. */
export function configOf(root: string, setup: Setup = {}): Record<string, unknown> {
  const { workers = 2, lease = '1h', tls, drainTimeout = '29s', purging } = setup;
  return {
    version: 0.1,
    log: { level: 'info' },
    storage: {
      filesystem: { rootdirectory: root },
      delete: { enabled: true },
      maintenance: { uploadpurging: purging ?? { enabled: false } },
    },
    http: { addr: '127.0.0.1:0', draintimeout: drainTimeout, ...(tls && { tls }) },
    longshore: { workers, gc: { lease } },
  };
}

/** The same as the registry reads it, for working on its storage in this process. */
export function parsedConfigOf(root: string, setup: Setup = {}): RegistryConfig {
  return loadConfig({ text: JSON.stringify(configOf(root, setup)), env: {} });
}

/** The servers and folders of one test file. Call `end` when all its tests are over. */
export class Servers {
  readonly dir = temporaryFolder('robustness');
  readonly #started: Longshore[] = [];
  #folders = 0;

  /** A new folder, not yet there. */
  folder(): string {
    this.#folders += 1;
    return join(this.dir, String(this.#folders));
  }

  async longshore(setup: Setup = {}): Promise<Longshore> {
    const config = configOf(setup.root ?? this.folder(), setup);
    const registry = await startLongshore({ config, dir: this.folder() });
    this.#started.push(registry);
    return registry;
  }

  /** Ends all servers. */
  async end(): Promise<void> {
    for (const registry of this.#started) {
      await registry.kill9();
    }
  }
}

/** What `longshore registry fsck` finds wrong in a registry's storage. */
export async function fsckFindings(registry: Longshore): Promise<unknown[]> {
  const args = ['registry', 'fsck', '--json', '--config', registry.configFile];
  const { stdout } = await runLongshore(args, { mayFail: true });
  return (JSON.parse(stdout) as { findings: unknown[] }).findings;
}

/** The lines of a registry's log that tell of something that must not happen. */
export function alarmsIn(log: string): string[] {
  return log.split('\n').filter((line) => /level=(error|fatal)|Unhandled|Uncaught|^\s+at /.test(line));
}
