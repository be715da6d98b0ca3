import type { Image } from '@longshore/mirror/extract';
import {
  compareReleases,
  componentManifests,
  findComponent,
  platformOf,
  readComponents,
  type ReleaseComponent,
} from '@longshore/mirror/release';
import { ImageReader } from '../../image/image-reader.js';
import { note } from '../../note.js';
import { visible } from '../../visible.js';
import { checkSignature } from './check-signature.js';
import { changelog, describeDifference } from './describe-difference.js';
import { describeRelease, type ImageColumns } from './describe-release.js';
import type { ReleaseInfoOptions } from './info.js';
import { findRelease } from './find-release.js';
import { releaseForPrograms } from './release-json.js';
import { locateRelease, type LocatedRelease } from './release-location.js';

/** Prints what the options ask for. Errors: those of locateRelease and readComponents. */
export async function printReleases(
  releases: readonly string[],
  options: ReleaseInfoOptions,
  signal: AbortSignal,
): Promise<void> {
  const reader = await ImageReader.open(options);
  const { changesFrom, filterByOs } = options;
  const names = [
    ...(changesFrom === undefined ? [] : [changesFrom]),
    ...(releases.length > 0 ? releases : [undefined]),
  ];
  try {
    const located: LocatedRelease[] = [];
    for (const name of names) {
      const text = await findRelease(name, { ...options, onNote: note, signal });
      located.push(await locateRelease(reader, text, { filterByOs, signal }));
    }
    for (const { release } of located) await checkSignature(release, options, signal);
    const [first, second] = located;
    if (first === undefined) return;
    const text =
      second === undefined ? await releaseText(first, options, signal) : differenceText(first, second, options);
    process.stdout.write(text);
  } finally {
    await reader.close();
  }
}

function differenceText(
  { release: from }: LocatedRelease,
  { release: to }: LocatedRelease,
  { output, changelog: isChangelog }: ReleaseInfoOptions,
): string {
  const difference = compareReleases(from, to);
  if (isChangelog === true) return changelog(from, to, difference);
  if (output !== 'json') return describeDifference(from, to, difference);
  return json({ from: from.references.version, to: to.references.version, ...difference });
}

async function releaseText(located: LocatedRelease, options: ReleaseInfoOptions, signal: AbortSignal): Promise<string> {
  const { release, pullSpec, sourceOf } = located;
  const { output, imageFor, verify = false, contents = false, size = false, includeImages = false } = options;
  const wantsImages = size || includeImages || verify;
  const read = { sourceOf, matches: platformOf(release), concurrency: options.maxPerRegistry, signal };
  const images = wantsImages ? await readComponents(release.references.components, read) : new Map<string, Image>();
  if (output === 'json')
    return json(releaseForPrograms(release, { pullSpec, images: includeImages ? images : undefined }));
  if (output !== undefined) return lines(release.references.components.map(LINES[output]));
  if (imageFor !== undefined) return lines([findComponent(release, imageFor).pullSpec]);
  if (verify) return lines([[release.image.digest, release.created ?? '', release.references.version].join(' ')]);
  if (contents) return manifestTexts(componentManifests(release));
  return describeRelease(release, { pullSpec, columns: columnsOf(options), images, now: Date.now() });
}

const LINES = {
  name: ({ name }: ReleaseComponent) => name,
  digest: ({ digest }: ReleaseComponent) => digest,
  pullspec: ({ pullSpec }: ReleaseComponent) => pullSpec,
};

function columnsOf({ pullspecs, commits, commitUrls, size }: ReleaseInfoOptions): ImageColumns {
  if (pullspecs === true) return 'pullSpec';
  if (commits === true) return 'commit';
  if (commitUrls === true) return 'commitUrl';
  return size === true ? 'size' : 'digest';
}

/** As YAML documents; JSON is YAML. */
function manifestTexts(manifests: ReadonlyMap<string, Buffer>): string {
  return [...manifests].map(([name, bytes]) => `---\n# ${visible(name)}\n${bytes.toString().trimEnd()}\n`).join('');
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${visible(text)}\n`).join('');
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
