/**
 * Mirroring of many images with shared layers from one registry to another, beside `skopeo`: `npm run bench -- mirror`. Each
 * contender has an empty registry of its own (Debian's `docker-registry`), and the same source.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endChildren, endInOrder, runCommand, track } from '../children.js';
import { MemoryWatch } from '../memory-watch.js';
import { UsageError } from '../options.js';
import { stopwatch } from '../stopwatch.js';
import { GeneratedMedia, tagOf } from './generated-media.js';

const USAGE = `Usage: npm run bench -- mirror [options]

  --images N   images (default 190; each adds about 9 MB of its own)
  --dir DIR    where it happens (default: the temporary folder)
  --help       print this text
`;

const MB = 1_000_000;
const GOALS = { first: 0.5, changed: 0.1, disk: 1.05, wire: 1.05, memory: 250 * MB };

interface Registry {
  host: string;
  root: string;
  stop: () => Promise<void>;
}

interface Times {
  first: number;
  unchanged: number;
  changed: number;
}

/** Runs it and prints what it took. Returns the exit status: 1 when a goal was not reached. */
export async function runMirrorBenchmark(repositoryRoot: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { images: { type: 'string' }, dir: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const images = Number(values.images ?? 190);
  if (!Number.isInteger(images) || images < 2) throw new UsageError('--images takes a whole number above 1');
  const dir = await mkdtemp(join(values.dir ?? tmpdir(), 'longshore-bench-mirror-'));
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('exit', endChildren);
  try {
    return await new MirrorBenchmark(join(repositoryRoot, 'packages/cli/bin/longshore.js'), dir, images).run();
  } finally {
    endChildren();
    await rm(dir, { recursive: true, force: true, maxRetries: 10 });
  }
}

class MirrorBenchmark {
  readonly #media: GeneratedMedia;

  constructor(
    readonly program: string,
    readonly dir: string,
    readonly images: number,
  ) {
    this.#media = new GeneratedMedia(join(dir, 'media'), 'ocp/art');
  }

  async run(): Promise<number> {
    const source = await this.#seeded();
    print(`${this.images} images`, `${(this.#media.uniqueBytes / MB).toFixed(0)} MB`, 'each blob once');
    const ours = await startRegistry(join(this.dir, 'ours'));
    let memory = 0;
    let wire: number | undefined;
    const times = await this.#timed(source, async (version) => {
      const before = await loopbackBytes();
      const peak = await this.#longshore(`${source.host}/ocp/art:v${version}-*`, `${ours.host}/mirror/art`);
      memory = Math.max(memory, peak);
      // Of the first time: each byte comes from one registry and goes to another.
      wire ??= ((await loopbackBytes()) - before) / (2 * this.#media.uniqueBytes);
    });
    const disk = Number((await runCommand('du', ['-sb', ours.root])).split('\t')[0]) / this.#media.uniqueBytes;
    await ours.stop();
    show('longshore image mirror', times);
    const sync = await this.#peer(source, 'skopeo sync', (version, host) => this.#skopeoSync(source, host, version));
    const copy = await this.#peer(source, 'skopeo copy --all', (version, host) =>
      this.#skopeoCopy(source, host, version),
    );
    await source.stop();
    const best = (phase: keyof Times) => times[phase] / Math.min(sync[phase], copy[phase]);
    const verdicts = [
      judge('first, to the best peer', best('first').toFixed(2), best('first') <= GOALS.first, String(GOALS.first)),
      judge(
        'one changed, to the best',
        best('changed').toFixed(2),
        best('changed') <= GOALS.changed,
        String(GOALS.changed),
      ),
      judge('disk, to unique bytes', disk.toFixed(3), disk <= GOALS.disk, String(GOALS.disk)),
      judge('wire, to unique bytes', (wire ?? 0).toFixed(3), (wire ?? 0) <= GOALS.wire, String(GOALS.wire)),
      judge('memory, peak', `${Math.round(memory / MB)} MB`, memory <= GOALS.memory, `${GOALS.memory / MB} MB`),
    ];
    return verdicts.every(Boolean) ? 0 : 1;
  }

  /** The source with all images under the tags of version 0. */
  async #seeded(): Promise<Registry> {
    for (let number = 0; number < this.images; number += 1) await this.#media.writeImage(number);
    const source = await startRegistry(join(this.dir, 'source'));
    await this.#longshore('file://ocp/art', `${source.host}/ocp/art`);
    return source;
  }

  /** All images, all again, and all again when one of them has changed. */
  async #timed(source: Registry, mirror: (version: number) => Promise<unknown>): Promise<Times> {
    const measure = async (version: number) => {
      const seconds = stopwatch();
      await mirror(version);
      return seconds();
    };
    const [first, unchanged] = [await measure(0), await measure(0)];
    await this.#change(source);
    const changed = await measure(0);
    await this.#restore(source);
    return { first, unchanged, changed };
  }

  async #peer(
    source: Registry,
    name: string,
    mirror: (version: number, host: string) => Promise<void>,
  ): Promise<Times> {
    const target = await startRegistry(join(this.dir, name.replaceAll(/\W+/g, '-')));
    const times = await this.#timed(source, (version) => mirror(version, target.host));
    await target.stop();
    show(name, times);
    return times;
  }

  /** The tag of the last image gets other layers. */
  async #change(source: Registry): Promise<void> {
    const last = this.images - 1;
    const version = (this.#changes += 1);
    const extra = new GeneratedMedia(join(this.dir, `extra-${version}`), 'ocp/art');
    await extra.writeImage(last, version);
    await this.#longshore(`file://ocp/art:${tagOf(last, version)}`, `${source.host}/ocp/art:${tagOf(last)}`, extra.dir);
  }

  #changes = 0;

  async #restore(source: Registry): Promise<void> {
    const tag = tagOf(this.images - 1);
    await this.#longshore(`file://ocp/art:${tag}`, `${source.host}/ocp/art:${tag}`);
  }

  /** Returns the peak of its memory. */
  async #longshore(from: string, to: string, media = this.#media.dir): Promise<number> {
    const env = { ...process.env, XDG_STATE_HOME: join(this.dir, 'state') };
    const args = [this.program, 'image', 'mirror', '--insecure', `--from-dir=${media}`, from, to];
    const child = track(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] }));
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const watch = new MemoryWatch(child.pid ?? 0);
    const [status] = (await once(child, 'close')) as [number | null];
    watch.end();
    if (status === 0) return watch.peak();
    throw new Error(`longshore image mirror ended with ${status}: ${Buffer.concat(errors).toString().slice(-600)}`);
  }

  async #skopeoSync(source: Registry, host: string, version: number): Promise<void> {
    const images = Array.from({ length: this.images }, (_, number) => tagOf(number, version));
    const file = join(this.dir, 'sync.yml');
    await writeFile(file, JSON.stringify({ [source.host]: { 'tls-verify': false, images: { 'ocp/art': images } } }));
    const flags = ['--src-tls-verify=false', '--dest-tls-verify=false', '--src', 'yaml', '--dest', 'docker', '--all'];
    await runCommand('skopeo', ['--insecure-policy', 'sync', ...flags, file, `${host}/mirror`]);
  }

  async #skopeoCopy(source: Registry, host: string, version: number): Promise<void> {
    const flags = ['--src-tls-verify=false', '--dest-tls-verify=false', '--all', '--quiet'];
    for (let number = 0; number < this.images; number += 1) {
      const tag = tagOf(number, version);
      const places = [`docker://${source.host}/ocp/art:${tag}`, `docker://${host}/mirror/art:${tag}`];
      await runCommand('skopeo', ['--insecure-policy', 'copy', ...flags, ...places]);
    }
  }
}

async function startRegistry(root: string): Promise<Registry> {
  await mkdir(root, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: root }, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: host },
  };
  await writeFile(`${root}.yml`, JSON.stringify(config));
  const child = track(spawn('docker-registry', ['serve', `${root}.yml`], { stdio: 'ignore' }));
  await once(child, 'spawn');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.status === 200) return { host, root, stop: () => endInOrder(child, 5000) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('docker-registry does not answer');
}

/** What has gone over the loopback interface since the machine started. */
async function loopbackBytes(): Promise<number> {
  return Number(await readFile('/sys/class/net/lo/statistics/rx_bytes', 'utf8'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function show(name: string, { first, unchanged, changed }: Times): void {
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  print(name, seconds(first), `unchanged ${seconds(unchanged)}, one changed ${seconds(changed)}`);
}

function judge(title: string, value: string, isMet: boolean, goal: string): boolean {
  print(title, value, `at most ${goal.padEnd(8)} ${isMet ? 'reached' : 'missed'}`);
  return isMet;
}

function print(title: string, value: string, more = ''): void {
  process.stdout.write(`${title.padEnd(26)} ${value.padStart(10)}   ${more}`.trimEnd() + '\n');
}
