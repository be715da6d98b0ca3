import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  createContainerTools,
  issueServerCertificate,
  readAuthority,
  requestTo,
  requireProgram,
  startDockerRegistry,
  startLongshore,
  temporaryFolder,
  writeHtpasswd,
  type CertificateFiles,
  type ContainerTools,
  type DockerRegistry,
  type HttpResponse,
  type Longshore,
  type RunningRegistry,
  type Target,
  type UserPassword,
} from '@longshore/testkit';

/**
 * `JOURNEY_SERVER=docker-registry` runs the clients' journeys against Debian's registry. It tells whether a failure
 * comes from Longshore or from the client.
 */
export const onDockerRegistry = process.env['JOURNEY_SERVER'] === 'docker-registry';

export interface ServerOptions {
  /** The folder with the registry's content. Default: a new one. */
  root?: string;
  tls?: CertificateFiles;
  /** Password file and the rules of who may do what; without, everybody may do everything. */
  auth?: { htpasswd: string; rules: AccessRule[] };
  workers?: number;
}

export interface AccessRule {
  repository: string;
  actions: string[];
  users?: string[];
  anonymous?: boolean;
}

/** What TLS journeys need: server files, the text of the authority, and a folder for `--cert-dir`. */
export interface Tls {
  files: CertificateFiles;
  ca: string;
  certDir: string;
}

/** The servers and folders of one test file. Call `end` when all its tests are over. */
export class Journey {
  readonly dir = temporaryFolder('journey');
  readonly #servers: RunningRegistry[] = [];
  #folders = 0;

  /** A new folder, not yet there. */
  folder(): string {
    this.#folders += 1;
    return join(this.dir, String(this.#folders));
  }

  /** Starts Longshore. `lease: 0s` makes everything that is not used garbage at once. */
  async longshore(options: ServerOptions = {}): Promise<Longshore> {
    const { root = this.folder(), tls, auth, workers = 2 } = options;
    const config = {
      version: 0.1,
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: root }, delete: { enabled: true } },
      http: { addr: '127.0.0.1:0', ...(tls && { tls }) },
      ...(auth && { auth: { htpasswd: { realm: 'longshore', path: auth.htpasswd } } }),
      longshore: { workers, gc: { lease: '0s' }, ...(auth && { auth: { rules: auth.rules } }) },
    };
    return this.#keep(await startLongshore({ config, dir: this.folder() }));
  }

  async dockerRegistry(options: ServerOptions = {}): Promise<DockerRegistry> {
    const { root = this.folder(), tls, auth } = options;
    return this.#keep(await startDockerRegistry({ root, tls, htpasswd: auth?.htpasswd, dir: this.folder() }));
  }

  /** Starts the server under test: Longshore, unless the environment asks for the other one. */
  registry(options: ServerOptions = {}): Promise<RunningRegistry> {
    return onDockerRegistry ? this.dockerRegistry(options) : this.longshore(options);
  }

  tools(): Promise<ContainerTools> {
    return createContainerTools(this.folder());
  }

  async tls(): Promise<Tls> {
    const dir = this.folder();
    const ca = await createCertificateAuthority(dir);
    const files = await issueServerCertificate(ca, { dir });
    // A --cert-dir must not hold keys without their certificates.
    const certDir = join(dir, 'certs');
    await mkdir(certDir);
    await copyFile(ca.certificate, join(certDir, 'ca.crt'));
    return { files, ca: await readAuthority(ca.certificate), certDir };
  }

  async htpasswd(users: UserPassword[]): Promise<string> {
    const path = this.folder();
    await writeHtpasswd(path, users);
    return path;
  }

  /** Ends all servers. */
  async end(): Promise<void> {
    for (const server of this.#servers) {
      await server.stop();
    }
  }

  #keep<T extends RunningRegistry>(server: T): T {
    this.#servers.push(server);
    return server;
  }
}

/** GET, or another method without a body. */
export function ask(target: Target, path: string, method = 'GET'): Promise<HttpResponse> {
  return requestTo(target, path, { method });
}

/** Builds an image from nothing but a static busybox, whose command is `echo PHRASE`. */
export async function buildBusybox(tools: ContainerTools, name: string, phrase: string): Promise<void> {
  const busybox = await requireProgram('busybox', 'busybox-static');
  const container = (await tools.run('buildah', ['from', 'scratch'])).stdout.trim();
  await tools.run('buildah', ['copy', container, busybox, '/bin/busybox']);
  const start = ['--entrypoint', '["/bin/busybox"]', '--cmd', `echo ${phrase}`];
  await tools.run('buildah', ['config', ...start, container]);
  await tools.run('buildah', ['commit', '--rm', container, name]);
}
