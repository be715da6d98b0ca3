import { createCipheriv, createHash } from 'node:crypto';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const DOCKER = 'application/vnd.docker';
const MIB = 1024 * 1024;
/** What all images have, what a twelfth of them has, what one has. */
const BASE_LAYERS = [30 * MIB, 20 * MIB];
const MIDDLE_LAYER = 10 * MIB;
const MIDDLE_LAYERS = 12;
const OWN_LAYERS = [5 * MIB, 3 * MIB, MIB];

/** Images in the layout of mirrored files, as `longshore image mirror --from-dir` reads it. */
export class GeneratedMedia {
  readonly #blobs = new Map<string, { digest: string; size: number }>();
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
    const layers = [
      ...BASE_LAYERS.map((size, index) => this.#layer(`base ${index}`, size)),
      this.#layer(`middle ${number % MIDDLE_LAYERS}`, MIDDLE_LAYER),
      ...OWN_LAYERS.map((size, index) => this.#layer(`own ${number} ${version} ${index}`, size)),
    ];
    const config = Buffer.from(
      JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: { number, version } } }),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: `${DOCKER}.distribution.manifest.v2+json`,
      config: { mediaType: `${DOCKER}.container.image.v1+json`, ...(await this.#write(config)) },
      layers: (await Promise.all(layers)).map((layer) => ({
        mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`,
        ...layer,
      })),
    };
    const { digest } = await this.#write(Buffer.from(JSON.stringify(manifest)));
    const manifests = join(this.#folder, 'manifests');
    await link(join(this.#folder, 'blobs', digest), join(manifests, digest));
    await symlink(digest, join(manifests, tagOf(number, version)));
  }

  async #layer(seed: string, size: number): Promise<{ digest: string; size: number }> {
    const known = this.#blobs.get(seed);
    if (known !== undefined) return known;
    const key = createHash('sha256').update(seed).digest();
    const written = this.#write(
      createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(size)),
    );
    this.#blobs.set(seed, await written);
    return written;
  }

  async #write(bytes: Buffer): Promise<{ digest: string; size: number }> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await writeFile(join(this.#folder, 'blobs', digest), bytes);
    this.#bytes += bytes.byteLength;
    return { digest, size: bytes.byteLength };
  }
}

/** Each version has its own tag, so that both can stand in one folder. */
export function tagOf(number: number, version = 0): string {
  return `v${version}-component-${number}`;
}
