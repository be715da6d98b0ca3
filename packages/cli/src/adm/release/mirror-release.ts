import { RemoteError, CopyError } from '@longshore/distribution';
import {
  expandMappings,
  mirrorImages,
  parsePlaceName,
  repositoryText,
  SignatureError,
  type PlaceName,
} from '@longshore/mirror';
import {
  parseReleaseDestination,
  KeptSource,
  readRelease,
  releaseMappings,
  releaseMirrors,
  type Release,
  type ReleaseDestination,
  type ReleaseMirroring,
} from '@longshore/mirror/release';
import { signedDigest } from '@longshore/mirror/signatures';
import { CliError } from '../../cli-error.js';
import { inCopySession, reportCopy, type CopySession } from '../../image/copy-session.js';
import { readPullSources } from '../../image/mirror-policy.js';
import type { MirrorReport } from '../../image/mirror-report.js';
import { writeMirrorSets } from '../../image/mirror-set-files.js';
import { verifiedSignatures } from './check-signature.js';
import { findRelease } from './find-release.js';
import { mirrorSetKind, resultText } from './mirror-result.js';
import type { ReleaseMirrorWish } from './mirror.js';
import { writeSignature, type ReleaseSignature } from './signature-file.js';
import { warnOfOtherTags } from './update-repository.js';

/** A run of the command. */
interface Run {
  wish: ReleaseMirrorWish;
  from: PlaceName;
  /** Where that is. */
  source: KeptSource;
  session: CopySession;
  report: MirrorReport;
  signal: AbortSignal;
}

/** Mirrors a release and tells of it. Failures are told, and become the exit code. */
export async function mirrorRelease(wish: ReleaseMirrorWish): Promise<void> {
  await reportCopy(wish, async (report, signal) => {
    const onNote = (note: string) => report.note(note);
    const from = oneImage(await findRelease(wish.from, { ...wish, onNote, signal }));
    const to = wish.to === undefined ? undefined : parseReleaseDestination(wish.to);
    const alsoTo = furtherPlaces(wish);
    const places = {
      sourceDir: wish.fromDir ?? '.',
      targetDir: wish.toDir ?? '.',
      format: wish.format,
      targets: [...(to === undefined ? [] : [to.repository]), ...alsoTo],
      pullSources: await readPullSources(wish, process.env),
    };
    return inCopySession(wish, places, report, signal, async (session) => {
      const run = { wish, from, source: new KeptSource(session.places.source(from)), session, report, signal };
      const release = await read(run);
      const signature = await verify(release, run);
      if (to === undefined) await importInto(wish.toImageStream ?? '', release, run);
      else return copy(release, signature, { to, alsoTo }, run);
      return false;
    });
  });
}

/** Errors: CliError for a name that could be several images. */
function oneImage(text: string): PlaceName {
  const place = parsePlaceName(text);
  if (place.pattern === undefined) return place;
  throw new CliError(`${text}: name one image, without wildcards`, 2);
}

/** Where the release image goes, too. Errors: CliError. */
function furtherPlaces({ toReleaseImage, releaseImagesTo }: ReleaseMirrorWish): PlaceName[] {
  const places: PlaceName[] = [];
  if (toReleaseImage !== undefined) {
    const place = oneImage(toReleaseImage);
    if (place.digest !== undefined) throw new CliError('--to-release-image may not contain a digest', 2);
    places.push(place);
  }
  if (releaseImagesTo !== undefined) {
    const place = oneImage(releaseImagesTo);
    if (place.digest !== undefined || place.tag !== undefined) {
      throw new CliError('--release-images-to must be to an image repository and may not contain a tag or digest', 2);
    }
    places.push(place);
  }
  return places;
}

async function read({ wish, from, source, signal }: Run): Promise<Release> {
  // A release for several platforms says the same in each of its images.
  const matches = (platform: string) => platform === 'linux/amd64';
  const reference = from.digest ?? from.tag ?? 'latest';
  const release = await readRelease(source, reference, { matches, signal });
  source.seal();
  if (release.image.listDigest === undefined || wish.keepManifestList === true) return release;
  throw new CliError(
    `${wish.from} is a release for several platforms: pass --keep-manifest-list to mirror it for all of them`,
    2,
  );
}

/** Undefined when nobody vouches for the release, and that is no reason not to mirror it. Errors: SignatureError, CliError. */
async function verify(release: Release, { wish, report, signal }: Run): Promise<ReleaseSignature | undefined> {
  const digest = signedDigest(release);
  try {
    const onNote = (note: string) => report.note(note);
    return { digest, signatures: await verifiedSignatures(release, wish, { onNote, signal }) };
  } catch (error) {
    if (!(error instanceof SignatureError) || wish.signaturePolicy === 'enforce' || wish.needsSignature) throw error;
    report.note(`warning: the release is not verified: ${error.message}`);
    return undefined;
  }
}

async function importInto(stream: string, release: Release, { wish, from, report, signal }: Run): Promise<void> {
  if (from.kind !== 'registry') throw new CliError(`${wish.from}: a cluster cannot import images of a folder`, 2);
  const pullSpec = `${repositoryText(from)}@${signedDigest(release)}`;
  const tags = [
    ...(wish.skipReleaseImage === true ? [] : [{ tag: 'release', pullSpec }]),
    ...release.references.components.map(({ name, pullSpec: spec }) => ({ tag: name, pullSpec: spec })),
  ];
  report.note(`info: Importing ${tags.length} images into ${stream} ...`);
  const [{ inSession }, { importRelease }] = await Promise.all([
    import('../../session/session.js'),
    import('./import-release.js'),
  ]);
  await inSession(wish, ({ client, namespace }) =>
    importRelease(tags, {
      client,
      namespace,
      stream,
      insecure: wish.insecure === true,
      keepsLists: wish.keepManifestList === true,
      dryRun: wish.dryRun === true,
      signal,
    }),
  );
  report.result(`\nSuccess\nUpdate image:  ${pullSpec}\n`, { type: 'release', image: pullSpec, stream });
}

/** True when something could not be copied and the rest was. */
async function copy(
  release: Release,
  signature: ReleaseSignature | undefined,
  destinations: { to: ReleaseDestination; alsoTo: readonly PlaceName[] },
  run: Run,
): Promise<boolean> {
  const { wish, from, source, session, report, signal } = run;
  const heldByFolder = from.kind === 'registry' ? new Set<string>() : await componentsHeld(release, run);
  const mirroring = { ...destinations, from, heldByFolder, skipReleaseImage: wish.skipReleaseImage === true };
  const mappings = releaseMappings(release, mirroring);
  if (wish.toMirror === true) {
    const lines = mappings.map(({ source, destination }) => ({ source: source.text, destination: destination.text }));
    for (const one of lines) report.result(`${one.source} ${one.destination}\n`, { type: 'mapping', ...one });
    return false;
  }
  const isApplied = signature !== undefined && wish.applyReleaseImageSignature === true;
  if (isApplied && wish.dryRun !== true) await (await import('./apply-signature.js')).checkApplicable(signature, wish);
  if (wish.releaseImagesTo !== undefined) {
    await warnOfOtherTags(session.places.source(parsePlaceName(wish.releaseImagesTo)), report, signal);
  }
  report.note(`info: Mirroring ${mappings.length} images to ${destinations.to.text} ...`);
  const expanded = await expandMappings(mappings, session.places, signal);
  const images = expanded.map((image) => (image.source === source.source ? { ...image, source } : image));
  const { problems } = await mirrorImages(images, { ...session.copying, selection: { keepList: true } });
  report.done();
  if (problems.length > 0) return true;
  const [{ destination }] = releaseMappings(release, { ...mirroring, skipReleaseImage: false }) as [
    (typeof mappings)[number],
  ];
  await tell(release, { mirroring, image: destination }, signature, run);
  return false;
}

/** Digests of the components that stand beside the release, so that no registry need be asked for them (mirror.md 1.1). */
async function componentsHeld(release: Release, { source, signal }: Run): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const { digest } of release.references.components) {
    try {
      await source.manifest(digest, { signal });
      held.add(digest);
    } catch (error) {
      const isMissing = (error instanceof CopyError || error instanceof RemoteError) && error.code === 'NOT_FOUND';
      if (!isMissing) throw error;
    }
  }
  return held;
}

/** A place for the release image that may have no tag: then it has that of the main place. */
function taggedAs({ tag }: PlaceName, place: PlaceName): PlaceName {
  if (place.tag !== undefined || tag === undefined) return place;
  return { ...place, tag, text: `${place.text}:${tag}` };
}

/** Tells where the release is now, and writes what clusters need to know. */
async function tell(
  release: Release,
  { mirroring, image }: { mirroring: ReleaseMirroring; image: PlaceName },
  signature: ReleaseSignature | undefined,
  { wish, report }: Run,
): Promise<void> {
  const { from, to, alsoTo } = mirroring;
  const isForClusters = from.kind === 'registry' && to.repository.kind === 'registry';
  const mirrors = isForClusters ? releaseMirrors(release, mirroring) : [];
  if (mirrors.length > 0 && wish.printMirrorInstructions === 'icsp') {
    report.note('warning: ImageContentSourcePolicy is deprecated; use --print-mirror-instructions=idms');
  }
  const updateImage = wish.toReleaseImage === undefined ? image : taggedAs(image, parsePlaceName(wish.toReleaseImage));
  report.result(resultText({ to, image, updateImage, alsoTo, mirrors }, wish), {
    type: 'release',
    image: updateImage.text,
    mirrors,
  });
  const { releaseImageSignatureToDir: signatureDir, mirrorSetsToDir, dryRun = false } = wish;
  if (mirrorSetsToDir !== undefined && mirrors.length === 0) {
    report.note('warning: no mirror sets are written: only a registry can stand in for a registry');
  } else if (mirrorSetsToDir !== undefined) {
    const set = { kind: mirrorSetKind(wish.printMirrorInstructions), name: 'mirrored-release', entries: mirrors };
    report.wrote('mirror sets', await writeMirrorSets([set], mirrorSetsToDir, dryRun));
  }
  if (signature === undefined) return;
  const { digest } = signature;
  if (signatureDir !== undefined) {
    const { releaseImageSignatureFormat: format = 'json' } = wish;
    const told = await writeSignature(signature, { folder: signatureDir, format, dryRun });
    report.result(told, { type: 'signature', digest, signatureDir });
  }
  if (wish.applyReleaseImageSignature === true) {
    const { applySignature } = await import('./apply-signature.js');
    report.result(await applySignature(signature, wish), { type: 'signature', digest, applied: !dryRun });
  }
}
