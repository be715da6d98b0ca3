import { join } from 'node:path';
import {
  launchProcess,
  LONGSHORE,
  startDockerRegistry,
  temporaryFolder,
  UpstreamProxy,
  type DockerRegistry,
} from '@longshore/testkit';

/** What a run has asked its source for. */
export interface Asked {
  /** All requests. */
  requests: number;
  /** The digests of the blobs, in the order of their requests. */
  blobs: string[];
}

/** Sees each request to the source before it is answered, and may end the run; true: this one gets no answer. */
export type Interruption = (asked: Asked, isBlob: boolean, end: (signal: NodeJS.Signals) => void) => boolean;

/** How a run has ended. */
export interface MirrorRun {
  /** Null: a signal ended it. */
  status: number | null;
  output: string;
  /** The blobs that the source was asked for, in their order. */
  fetched: string[];
}

/** Two of Debian's registries to mirror between; the source is reached through a proxy. */
export class MirrorSite {
  private constructor(
    readonly source: DockerRegistry,
    readonly target: DockerRegistry,
    readonly proxy: UpstreamProxy,
  ) {}

  static async start(): Promise<MirrorSite> {
    const source = await startDockerRegistry({ root: temporaryFolder('source') });
    const target = await startDockerRegistry({ root: temporaryFolder('target') });
    return new MirrorSite(source, target, await UpstreamProxy.start(source.url));
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.source.stop();
    await this.target.stop();
  }

  /** Runs `longshore` in a folder that is its home, too. */
  async run(dir: string, args: readonly string[], interrupt: Interruption = () => false): Promise<MirrorRun> {
    const running = await launchProcess({
      command: process.execPath,
      args: [LONGSHORE, ...args],
      cwd: dir,
      env: { PATH: process.env['PATH'], HOME: dir, XDG_STATE_HOME: join(dir, 'state') },
    });
    const asked: Asked = { requests: 0, blobs: [] };
    this.proxy.fault = ({ method, url = '' }) => {
      const [, digest] = /\/blobs\/(sha256:\w+)$/.exec(url) ?? [];
      const isBlob = method === 'GET' && digest !== undefined;
      if (isBlob) asked.blobs.push(digest);
      asked.requests += 1;
      return interrupt(asked, isBlob, (signal) => running.signal(signal));
    };
    const { status } = await running.ended;
    return { status, output: running.output(), fetched: asked.blobs };
  }
}
