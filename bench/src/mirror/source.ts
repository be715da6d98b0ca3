import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRegistry, type Registry } from './docker-registry.js';
import { GeneratedMedia, tagOf } from './generated-media.js';
import type { RunLongshore } from './program.js';

const IMAGES = 'ocp/art';
const VERSION = '4.99.0';

/** A registry with generated images, a tag for each, and a release of them. */
export class Source {
  readonly #media: GeneratedMedia;
  #changes = 0;

  private constructor(
    readonly registry: Registry,
    readonly longshore: RunLongshore,
    readonly dir: string,
    readonly images: number,
  ) {
    this.#media = new GeneratedMedia(join(dir, 'media'), IMAGES);
  }

  /** With so many images, on an empty registry. */
  static async create(longshore: RunLongshore, dir: string, images: number): Promise<Source> {
    const source = new Source(await startRegistry(join(dir, 'source')), longshore, dir, images);
    for (let number = 0; number < images; number += 1) await source.#media.writeImage(number);
    await longshore('image', 'mirror', `--from-dir=${source.#media.dir}`, `file://${IMAGES}`, source.repository);
    await source.#makeRelease();
    return source;
  }

  /** Where the images are. */
  get repository(): string {
    return `${this.registry.host}/${IMAGES}`;
  }

  /** The release of them. */
  get release(): string {
    return `${this.registry.host}/ocp/release:${VERSION}`;
  }

  get tags(): string[] {
    return Array.from({ length: this.images }, (_, number) => tagOf(number));
  }

  /** Bytes of all blobs of the images, each once. */
  get uniqueBytes(): number {
    return this.#media.uniqueBytes;
  }

  /** The last image gets other layers, and the release is made again. */
  async change(): Promise<void> {
    const last = this.images - 1;
    const version = (this.#changes += 1);
    const extra = new GeneratedMedia(join(this.dir, `extra-${version}`), IMAGES);
    await extra.writeImage(last, version);
    const changed = `file://${IMAGES}:${tagOf(last, version)}`;
    await this.longshore('image', 'mirror', `--from-dir=${extra.dir}`, changed, `${this.repository}:${tagOf(last)}`);
    await this.#makeRelease();
  }

  /** The last image is what it was. */
  async restore(): Promise<void> {
    const tag = tagOf(this.images - 1);
    const images = [`file://${IMAGES}:${tag}`, `${this.repository}:${tag}`];
    await this.longshore('image', 'mirror', `--from-dir=${this.#media.dir}`, ...images);
    await this.#makeRelease();
  }

  async #makeRelease(): Promise<void> {
    const file = join(this.dir, 'components');
    const lines = this.tags.map((tag, number) => `component-${number}=${this.repository}:${tag}\n`);
    await writeFile(file, lines.join(''));
    const made = [`--name=${VERSION}`, '--to-image-base-tag=component-0', `--to-image=${this.release}`];
    await this.longshore('adm', 'release', 'new', `--mapping-file=${file}`, ...made);
  }
}
