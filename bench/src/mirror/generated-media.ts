import { createCipheriv, createHash } from 'node:crypto';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../content/digest.js';
import { imageConfig, tarOf } from '../content/image.js';

const DOCKER = 'application/vnd.docker';
const MIB = 1024 * 1024;
/** What all images have, what a twelfth of them has, what one has. */
const BASE_LAYERS = [30 * MIB, 20 * MIB];
const MIDDLE_LAYER = 10 * MIB;
const MIDDLE_LAYERS = 12;
const OWN_LAYERS = [5 * MIB, 3 * MIB, MIB];

interface Written {
  digest: string;
  size: number;
}

interface Layer extends Written {
  /** Of its archive before it was compressed. */
  diffId: string;
}

/** Images in the layout of mirrored files, as `longshore image mirror --from-dir` reads it. */
export class GeneratedMedia {
  readonly #layers = new Map<string, Layer>();
  readonly #folder: string;
  #bytes = 0;

  constructor(
    readonly dir: string,
    readonly repository: string,
  ) {
    this.#folder = join(dir, 'v2', repository);
  }

  /** Bytes of all blobs, each once. */
  get uniqueBytes(): number {
    return this.#bytes;
  }

  /** Writes an image; another `version` has other layers of its own. */
  async writeImage(number: number, version = 0): Promise<void> {
    for (const kind of ['blobs', 'manifests']) await mkdir(join(this.#folder, kind), { recursive: true });
    const layers = await Promise.all([
      ...BASE_LAYERS.map((size, index) => this.#layer(`base ${index}`, size)),
      this.#layer(`middle ${number % MIDDLE_LAYERS}`, MIDDLE_LAYER),
      ...OWN_LAYERS.map((size, index) => this.#layer(`own ${number} ${version} ${index}`, size)),
    ]);
    const diffIds = layers.map(({ diffId }) => diffId);
    const config = await this.#write(imageConfig(diffIds, `component ${number} ${version}`));
    const manifest = {
      schemaVersion: 2,
      mediaType: `${DOCKER}.distribution.manifest.v2+json`,
      config: { mediaType: `${DOCKER}.container.image.v1+json`, ...config },
      layers: layers.map(({ digest, size }) => ({ mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, digest, size })),
    };
    const { digest } = await this.#write(Buffer.from(JSON.stringify(manifest)));
    const manifests = join(this.#folder, 'manifests');
    await link(join(this.#folder, 'blobs', digest), join(manifests, digest));
    await symlink(digest, join(manifests, tagOf(number, version)));
  }

  /** Compressed in name only, since there is nothing to gain; who looks at the first bytes takes what is no gzip for uncompressed. */
  async #layer(seed: string, size: number): Promise<Layer> {
    const known = this.#layers.get(seed);
    if (known !== undefined) return known;
    const archive = tarOf('content', randomBytesOf(seed, size));
    const layer = { diffId: digestOf(archive), ...(await this.#write(gzipSync(archive, { level: 0 }))) };
    this.#layers.set(seed, layer);
    return layer;
  }

  async #write(bytes: Buffer): Promise<Written> {
    const digest = digestOf(bytes);
    await writeFile(join(this.#folder, 'blobs', digest), bytes);
    this.#bytes += bytes.byteLength;
    return { digest, size: bytes.byteLength };
  }
}

function randomBytesOf(seed: string, size: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(size));
}

/** Each version has its own tag, so that both can stand in one folder. */
export function tagOf(number: number, version = 0): string {
  return `v${version}-component-${number}`;
}
