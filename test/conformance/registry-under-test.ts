import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { startLongshore, temporaryFolder, type Longshore, type Target } from '@longshore/testkit';

/** Tests run against one process and against two that share the work. */
const WORKERS = [1, 2];

/** Sections of the configuration; each is laid over the default one. */
export interface Sections {
  log?: object;
  http?: object;
  storage?: object;
  longshore?: object;
  auth?: object;
  openshift?: object;
  health?: object;
  tags?: object;
  catalog?: object;
  validation?: object;
}

/** A registry with a folder of its own. Deleting is allowed unless `sections` say otherwise. */
export class RegistryUnderTest implements Target {
  readonly dir = temporaryFolder('conformance');
  readonly root = join(this.dir, 'content');
  private server: Longshore | undefined;

  constructor(private readonly workers: number) {}

  /** The running server. */
  get longshore(): Longshore {
    if (!this.server) throw new Error('the registry has not been started');
    return this.server;
  }

  get url(): string {
    return this.longshore.url;
  }

  async start({ log, http, storage, longshore, ...rest }: Sections = {}): Promise<void> {
    const config = {
      version: 0.1,
      log: { level: 'info', ...log },
      http: { addr: '127.0.0.1:0', ...http },
      storage: { filesystem: { rootdirectory: this.root }, delete: { enabled: true }, ...storage },
      longshore: { workers: this.workers, ...longshore },
      ...rest,
    };
    this.server = await startLongshore({ config, dir: join(this.dir, 'config') });
  }

  /** Makes a group of assertions so often that each process answers some: connections go to them in turn. */
  async everyProcess(work: () => Promise<unknown>): Promise<void> {
    for (let round = 0; round < 2 * this.workers - 1; round++) await work();
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  /** Ends the server and removes its folder. */
  async end(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/**
 * Describes what a registry does, once for each number of processes; it runs while the tests of the group do. Give
 * `[1]` for what does not depend on that number: each server takes a second to start.
 */
export function describeRegistry(
  title: string,
  sections: Sections,
  tests: (registry: RegistryUnderTest) => void,
  processes = WORKERS,
): void {
  describe.each(processes)(`${title} (processes: %i)`, (workers) => {
    const registry = new RegistryUnderTest(workers);
    beforeAll(() => registry.start(sections));
    afterAll(() => registry.end());
    tests(registry);
  });
}
