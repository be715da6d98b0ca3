/** Writes images to each kind of place from which they may come as they are, whatever is wrong with them. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StubRegistry, tarOf, writeOciLayout } from '@longshore/testkit';
import type { GeneratedManifest } from '@longshore/testkit';
import { RegistryClient } from '../../client/registry-client.js';
import { FileRepository } from '../file-repository.js';
import { ImageArchive } from '../image-archive.js';
import { ImageFolder } from '../image-folder.js';
import { OciLayout } from '../oci-layout.js';
import type { ImageSource } from '../place.js';
import { RegistrySource } from '../registry-place.js';
import { S3Repository } from '../s3-repository.js';
import { S3Store } from '../s3-store.js';
import { FakeS3 } from './fake-s3.js';

/** A part of an image, under the digest that it is said to have. */
export interface Content {
  digest: string;
  bytes: Buffer;
  mediaType: string;
  isManifest: boolean;
}

/** Where an image was written to, and its name there. */
export type Written = [source: ImageSource, reference: string];

export const PLACE_KINDS = ['the v2 folder', 'oci:', 'oci-archive:', 'dir:', 's3://', 'a registry'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

/** All parts of an image. */
export function contentsOf({ descriptor, bytes, blobs, children }: GeneratedManifest): Content[] {
  const content = (one: { descriptor: GeneratedManifest['descriptor']; bytes: Buffer }, isManifest: boolean) => {
    const { digest, mediaType } = one.descriptor;
    return { digest, bytes: one.bytes, mediaType, isManifest };
  };
  return [
    content({ descriptor, bytes }, true),
    ...blobs.map((blob) => content(blob, false)),
    ...children.flatMap(contentsOf),
  ];
}

/** The places; those that are servers run until they are stopped. */
export class UncheckedPlaces {
  private constructor(
    readonly s3: FakeS3,
    readonly store: S3Store,
    readonly registry: StubRegistry,
    readonly client: RegistryClient,
  ) {}

  static async start(): Promise<UncheckedPlaces> {
    const s3 = await FakeS3.start();
    const access = { insecure: () => true, credentials: () => [{ username: 'key', password: 'secret' }] };
    const store = new S3Store({ host: s3.host, region: 'us-east-1', bucket: 'evil' }, access);
    const client = new RegistryClient({ insecure: () => true, attempts: 1 });
    return new UncheckedPlaces(s3, store, await StubRegistry.start(), client);
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.s3.stop();
    await this.client.close();
    await this.registry.close();
  }

  /** Writes an image under the name `v1`, where places have names. `dir` is an empty folder. */
  async write(kind: PlaceKind, dir: string, image: GeneratedManifest, contents: readonly Content[]): Promise<Written> {
    switch (kind) {
      case 'the v2 folder':
        for (const one of contents) put(dir, `v2/a/${folderOf(one)}/${one.digest}`, one.bytes);
        put(dir, 'v2/a/manifests/v1', image.bytes);
        return [new FileRepository(dir, 'a'), 'v1'];
      case 'oci:':
        await writeLayout(dir, image, contents);
        return [new OciLayout(dir), 'v1'];
      case 'oci-archive:':
        await writeLayout(dir, image, contents);
        put(dir, 'a.tar', tarOf(filesOf(dir)));
        return [new ImageArchive('oci-archive', join(dir, 'a.tar')), 'v1'];
      case 'dir:':
        for (const one of contents)
          put(dir, `${hexOf(one.digest)}${one.isManifest ? '.manifest.json' : ''}`, one.bytes);
        put(dir, 'manifest.json', image.bytes);
        return [new ImageFolder(dir), ''];
      case 's3://':
        this.s3.objects.clear();
        for (const one of contents) this.#putObject(`${folderOf(one)}/${one.digest}`, one.bytes);
        this.#putObject('manifests/v1', image.bytes);
        return [new S3Repository(this.store, 'a'), 'v1'];
      case 'a registry':
        return [this.#serve(image, contents), 'v1'];
    }
  }

  #putObject(name: string, bytes: Buffer): void {
    this.s3.objects.set(`evil/v2/a/${name}`, { bytes, headers: {} });
  }

  #serve(image: GeneratedManifest, contents: readonly Content[]): RegistrySource {
    const { mediaType, digest } = image.descriptor;
    const served = new Map(contents.map((one) => [`/v2/a/${folderOf(one)}/${one.digest}`, one]));
    served.set('/v2/a/manifests/v1', { digest, mediaType, bytes: image.bytes, isManifest: true });
    this.registry.intercept = ({ method, path }, response) => {
      const found = served.get(path);
      if (found === undefined) return false;
      const headers = { 'content-type': found.mediaType, 'docker-content-digest': found.digest };
      response.writeHead(200, { ...headers, 'content-length': found.bytes.byteLength });
      response.end(method === 'HEAD' ? undefined : found.bytes);
      return true;
    };
    return new RegistrySource(this.client, { host: this.registry.host, name: 'a' });
  }
}

async function writeLayout(dir: string, image: GeneratedManifest, contents: readonly Content[]): Promise<void> {
  await writeOciLayout(dir, { v1: image });
  for (const { digest, bytes } of contents) put(dir, `blobs/sha256/${hexOf(digest)}`, bytes);
}

function filesOf(dir: string): { path: string; content: Buffer }[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dir, name)).isFile())
    .map((path) => ({ path, content: readFileSync(join(dir, path)) }));
}

function put(dir: string, path: string, bytes: Buffer): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), bytes);
}

function folderOf({ isManifest }: Content): string {
  return isManifest ? 'manifests' : 'blobs';
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
