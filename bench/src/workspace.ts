import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Payload, writeBlock } from './content/payload.js';
import { writeImageLayout, type ImageLayout } from './content/image.js';
import { runCommand } from './children.js';

/** The size of a large blob: 100 MiB. */
export const largeBlobSize = 104_857_600;

const imageLayers = 30;
const layerSize = 1024 * 1024;

/** The folder of a run: generated content, storage of the servers, certificate. Removed at the end. */
export class Workspace {
  private readonly blobs = new Map<number, Promise<string>>();
  private image: Promise<ImageLayout> | undefined;
  private certificate: Promise<Certificate> | undefined;

  private constructor(
    readonly dir: string,
    readonly blockFile: string,
    readonly payload: Payload,
  ) {}

  /** Makes a folder below `parent`, or below the system's temporary folder. */
  static async create(parent = tmpdir()): Promise<Workspace> {
    await mkdir(parent, { recursive: true });
    const dir = await mkdtemp(join(parent, 'longshore-bench-'));
    const blockFile = join(dir, 'block');
    await writeBlock(blockFile);
    return new Workspace(dir, blockFile, await Payload.load(blockFile, largeBlobSize));
  }

  /** The file with a variant of the large blob; written when it is first asked for. */
  largeBlob(variant: number): Promise<string> {
    const known = this.blobs.get(variant);
    if (known !== undefined) return known;
    const path = join(this.dir, `blob-${variant}`);
    const written = this.payload.write(variant, path).then(() => path);
    this.blobs.set(variant, written);
    return written;
  }

  /** The image that is pushed and pulled: 30 layers of 1 MiB. */
  imageLayout(): Promise<ImageLayout> {
    this.image ??= writeImageLayout(join(this.dir, 'image'), imageLayers, layerSize);
    return this.image;
  }

  /** The certificate of both servers for 127.0.0.1. */
  tlsCertificate(): Promise<Certificate> {
    this.certificate ??= writeCertificate(this.dir);
    return this.certificate;
  }

  /** A fresh empty folder. */
  scratch(prefix: string): Promise<string> {
    return mkdtemp(join(this.dir, `${prefix}-`));
  }

  /** Writes out what the file system still holds in memory, so that no run pays for the one before it. */
  async flush(): Promise<void> {
    await runCommand('sync', ['-f', this.dir]);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

export interface Certificate {
  certFile: string;
  keyFile: string;
}

async function writeCertificate(dir: string): Promise<Certificate> {
  const certificate = { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', certificate.keyFile];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await runCommand('openssl', ['req', '-x509', ...key, ...name, '-days', '2', '-out', certificate.certFile]);
  return certificate;
}
