import type { Image } from '@longshore/mirror/extract';
import { componentManifests, sourceOfComponent, type Release } from '@longshore/mirror/release';
import { alignColumns } from '../../align-columns.js';
import { formatSince, formatSize } from '../../image/human-units.js';
import { visible } from '../../visible.js';

/** Which columns the table of images has. */
export type ImageColumns = 'digest' | 'pullSpec' | 'commit' | 'commitUrl' | 'size';

export interface DescribeReleaseOptions {
  /** By which the release can be pulled, with its digest. */
  pullSpec: string;
  columns: ImageColumns;
  /** For sizes: all components, by name. */
  images: ReadonlyMap<string, Image>;
  now: number;
}

const MEBIBYTE = 1024 * 1024;

/** The report for people, in the words and order of `oc adm release info` (mirror.md 3.2). */
export function describeRelease(release: Release, options: DescribeReleaseOptions): string {
  const { image, references, created = '', metadata } = release;
  const head = [
    ['Name:', references.version],
    ['Digest:', image.digest],
    ...(image.listDigest === undefined ? [] : [['Manifest List:', image.listDigest]]),
    ['Created:', created],
    ['OS/Arch:', `${textOf(image.config['os'])}/${textOf(image.config['architecture'])}`],
    ['Manifests:', String(componentManifests(release).size)],
  ];
  const parts = [
    alignColumns(head),
    [`Pull From: ${visible(options.pullSpec)}`],
    ...(metadata === undefined ? [] : [metadataLines(metadata)]),
    ...(release.versions.length === 0 ? [] : [versionLines(release)]),
    ['Images:', ...indented(imageTable(release, options))],
    ...(options.columns === 'size' ? [[sizeLine(options.images)]] : []),
    ...release.warnings.map((warning) => [`warning: ${visible(warning)}`]),
  ];
  return parts.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function metadataLines({ version, previous, metadata = {} }: NonNullable<Release['metadata']>): string[] {
  const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    'Release Metadata:',
    `  Version:  ${visible(version)}`,
    `  Upgrades: ${previous.length === 0 ? '<none>' : visible(previous.join(', '))}`,
    ...(entries.length === 0 ? [] : ['  Metadata:']),
    ...entries.map(([key, value]) => visible(`    ${key}: ${value}`)),
  ];
}

function versionLines({ versions }: Release): string[] {
  const rows = versions.map(({ name, version }) => [name, version]);
  // oc leaves a blank where there is no name to show.
  const lines = alignColumns(rows).map((line, index) => `${line} ${visible(versions[index]?.displayName ?? '')}`);
  return ['Component Versions:', ...indented(lines)];
}

function imageTable({ references }: Release, { columns, images, now }: DescribeReleaseOptions): string[] {
  if (columns === 'size') return sizeTable(images, now);
  const rows = references.components.map((component) => {
    const { repository = '', commit = '' } = sourceOfComponent(component) ?? {};
    switch (columns) {
      case 'digest':
        return [component.name, component.digest];
      case 'pullSpec':
        return [component.name, component.pullSpec];
      case 'commit':
        return [component.name, repository, commit];
      case 'commitUrl':
        return [component.name, commitUrl(repository, commit)];
    }
  });
  return alignColumns([HEADERS[columns], ...rows]);
}

const HEADERS = {
  digest: ['NAME', 'DIGEST'],
  pullSpec: ['NAME', 'PULL SPEC'],
  commit: ['NAME', 'REPO', 'COMMIT'],
  commitUrl: ['NAME', 'URL'],
  size: ['NAME', 'AGE', 'LAYERS', 'SIZE MB', 'UNIQUE MB'],
};

/** Where a commit can be looked at, on the sites that show it below `commit/`. */
function commitUrl(repository: string, commit: string): string {
  return repository.startsWith('https://github.com/') ? `${repository}/commit/${commit}` : `${repository} ${commit}`;
}

/** A layer is unique when no other image of the release has it. */
function sizeTable(images: ReadonlyMap<string, Image>, now: number): string[] {
  const users = new Map<string, number>();
  for (const { manifest } of images.values()) {
    for (const digest of new Set(manifest.layers.map((layer) => layer.digest))) {
      users.set(digest, (users.get(digest) ?? 0) + 1);
    }
  }
  const rows = [...images].map(([name, { manifest, config }]) => {
    const created = Date.parse(textOf(config['created']));
    const unique = manifest.layers.filter(({ digest }) => users.get(digest) === 1);
    const megabytes = (layers: readonly { size: number }[]) =>
      (layers.reduce((sum, { size }) => sum + size, 0) / MEBIBYTE).toFixed(1);
    const age = Number.isNaN(created) ? '<unknown>' : formatSince(now - created);
    return [name, age, String(manifest.layers.length), megabytes(manifest.layers), megabytes(unique)];
  });
  return alignColumns([HEADERS.size, ...rows]);
}

/** What all images together need on a disk, each layer once. */
function sizeLine(images: ReadonlyMap<string, Image>): string {
  const layers = new Map(
    [...images.values()].flatMap(({ manifest }) => manifest.layers.map((one) => [one.digest, one.size])),
  );
  const bytes = [...layers.values()].reduce((sum, size) => sum + size, 0);
  return `${formatSize(bytes)} across ${layers.size} layers`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
