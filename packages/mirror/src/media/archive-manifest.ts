import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { layoutPath, TAR_END_BYTES, tarHeader, tarPadded } from '@longshore/distribution';
import type { Blob } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import type { FolderFormat } from '../folder-places.js';
import {
  invalid,
  readBlobs,
  readDigest,
  readJsonFile,
  readList,
  readMediaReferences,
  readSize,
  readText,
  requireKind,
  type NamedDigest,
} from './media-json.js';

/** A file of the media that is no content of an image: a signature, resources for a cluster. */
export interface PackedFile extends Blob {
  path: string;
}

/** A tar file, and what stands in it, in this order and nothing else. */
export interface ArchivePart extends Blob {
  name: string;
  entries: { path: string; size: number }[];
}

/** What an archive of media holds: `media.json` beside its parts. */
export interface ArchiveManifest {
  /** Of the folder that was packed, and will be made of it. */
  format: FolderFormat;
  images: NamedDigest[];
  files: PackedFile[];
  /** All content, in the parts or not. */
  blobs: Blob[];
  /** Those that the other side said it has: they are in no part. */
  leftOut: Digest[];
  parts: ArchivePart[];
}

export const MANIFEST_NAME = 'media.json';
const KIND = 'longshore-media-archive';
const PART_NAME = /^media-\d{3,6}\.tar$/;
/** Files beside the images, flat in one folder, with names that each file system takes. */
export const EXTRA_FILE = /^config\/[a-z0-9](?:[a-z0-9._-]{0,120}[a-z0-9])?$/;
/** They make a single part an archive that other programs read as an OCI layout. */
export const LAYOUT_NAMES: ReadonlySet<string> = new Set(['oci-layout', 'index.json']);

export function manifestText(manifest: ArchiveManifest): string {
  return `${JSON.stringify({ kind: KIND, version: 1, ...manifest }, undefined, 1)}\n`;
}

/** What an archive holds, however it is cut into parts. */
export function contentId({ format, images, files, blobs, leftOut }: Omit<ArchiveManifest, 'parts'>): string {
  const lines = [
    format,
    ...images.map(({ repository, tag, digest }) => [repository, tag, digest]),
    ...files.map(({ path, size, digest }) => [path, size, digest]),
    ...blobs.map(({ digest, size }) => [digest, size]),
    ...leftOut,
  ];
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}

export function isPartName(name: string): boolean {
  return PART_NAME.test(name);
}

/** How many bytes an entry takes. */
export function entryBytes({ path, size }: { path: string; size: number }): number {
  return tarHeader(path, size).byteLength + tarPadded(size);
}

/** Reads the manifest of an archive that comes from anywhere. Errors: CopyError, INVALID for one that contradicts itself. */
export async function readArchiveManifest(dir: string): Promise<ArchiveManifest> {
  const where = join(dir, MANIFEST_NAME);
  const value = requireKind(await readJsonFile(where), KIND, where);
  const { format } = value;
  if (format !== 'v2' && format !== 'oci') throw invalid(where, 'format is neither v2 nor oci');
  const images = readMediaReferences(value['images'], where);
  if (format === 'v2' && images.some(({ repository }) => repository === '')) {
    throw invalid(where, 'has an image without a repository, which the format v2 cannot hold');
  }
  const blobs = readBlobs(value['blobs'], 'blobs', where);
  const known = new Set(blobs.map(({ digest }) => digest));
  for (const { digest } of images)
    if (!known.has(digest)) throw invalid(where, `has an image ${digest} and no such blob`);
  const manifest = {
    format,
    images,
    files: readList(value['files'], 'files', where, (one, field) => readFile(one, field, where)),
    blobs,
    leftOut: readLeftOut(value['leftOut'], known, where),
    parts: readList(value['parts'], 'parts', where, (one, field) => readPart(one, field, where)),
  } satisfies ArchiveManifest;
  checkParts(manifest, where);
  return manifest;
}

function readFile(one: Record<string, unknown>, field: string, where: string): PackedFile {
  const path = readText(one['path'], `${field}.path`, where);
  if (!EXTRA_FILE.test(path) && !LAYOUT_NAMES.has(path)) {
    throw invalid(where, `${field}.path ${JSON.stringify(path.slice(0, 200))} is no file that belongs to media`);
  }
  return {
    path,
    digest: readDigest(one['digest'], `${field}.digest`, where),
    size: readSize(one['size'], `${field}.size`, where),
  };
}

function readLeftOut(value: unknown, known: ReadonlySet<Digest>, where: string): Digest[] {
  const digests = Array.isArray(value) ? value : undefined;
  if (digests === undefined) throw invalid(where, 'leftOut is not a list');
  return digests.map((one: unknown, index) => {
    const digest = readDigest(one, `leftOut[${index}]`, where);
    if (known.has(digest)) return digest;
    throw invalid(where, `leaves out ${digest}, which no image has`);
  });
}

function readPart(one: Record<string, unknown>, field: string, where: string): ArchivePart {
  const name = readText(one['name'], `${field}.name`, where);
  if (!isPartName(name)) throw invalid(where, `${field}.name is no name of a part, such as media-000.tar`);
  return {
    name,
    digest: readDigest(one['digest'], `${field}.digest`, where),
    size: readSize(one['size'], `${field}.size`, where),
    entries: readList(one['entries'], `${field}.entries`, where, ({ path, size }, place) => ({
      path: readText(path, `${place}.path`, where),
      size: readSize(size, `${place}.size`, where),
    })),
  };
}

/** Parts and contents must tell the same: each piece of each content once, in order, and nothing else. */
function checkParts({ files, blobs, leftOut, parts }: ArchiveManifest, where: string): void {
  if (new Set(parts.map(({ name }) => name)).size < parts.length) throw invalid(where, 'names a part twice');
  for (const part of parts) {
    const bytes = part.entries.reduce((sum, entry) => sum + entryBytes(entry), TAR_END_BYTES);
    if (bytes !== part.size) throw invalid(where, `${part.name} has ${part.size} bytes, and its entries make ${bytes}`);
  }
  const left = new Set<string>(leftOut);
  const expected = new Map<string, number>();
  for (const { path, size } of files) expected.set(path, size);
  for (const { digest, size } of blobs) if (!left.has(digest)) expected.set(layoutPath(digest), size);
  const found = pieceSizes(parts, where);
  for (const [path, size] of found) {
    if (expected.get(path) === size) continue;
    throw invalid(
      where,
      `has ${size} bytes of ${JSON.stringify(path.slice(0, 200))} in its parts, where it should not`,
    );
  }
  for (const path of expected.keys()) if (!found.has(path)) throw invalid(where, `has no ${path} in its parts`);
}

const PIECE = /^(.+)\.(\d{1,6})$/;

/** The content of which an entry is a piece, and which. */
export function pieceOf(path: string): { path: string; piece: number | undefined } {
  const [, whole, number] = path.startsWith('blobs/') ? (PIECE.exec(path) ?? []) : [];
  return whole === undefined ? { path, piece: undefined } : { path: whole, piece: Number(number) };
}

function pieceSizes(parts: readonly ArchivePart[], where: string): Map<string, number> {
  const sizes = new Map<string, number>();
  const pieces = new Map<string, number>();
  for (const { path: entry, size } of parts.flatMap(({ entries }) => entries)) {
    const { path, piece } = pieceOf(entry);
    const isNext = piece === undefined ? !sizes.has(path) : piece === (pieces.get(path) ?? (sizes.has(path) ? -1 : 0));
    if (!isNext) throw invalid(where, `has ${JSON.stringify(entry.slice(0, 200))} twice or out of order`);
    if (piece !== undefined) pieces.set(path, piece + 1);
    sizes.set(path, (sizes.get(path) ?? 0) + size);
  }
  return sizes;
}
