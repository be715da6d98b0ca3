import { repositoryText, type PlaceName } from '@longshore/mirror';
import { installConfigYaml, mirrorSetYaml, type SourceMirrors } from '@longshore/mirror/mirror-sets';
import type { ReleaseDestination } from '@longshore/mirror/release';
import type { MirrorInstructions, ReleaseMirrorWish } from './mirror.js';

/** Where a release is now. */
export interface MirroredRelease {
  to: ReleaseDestination;
  /** The release image there. */
  image: PlaceName;
  /** Where clusters are to find the release image: a place of its own, when one was named. */
  updateImage: PlaceName;
  alsoTo: readonly PlaceName[];
  /** For clusters; empty where there is nothing to tell them. */
  mirrors: readonly SourceMirrors[];
}

/** What people are told in the end (mirror.md 1.5). */
export function resultText(
  { to, image, updateImage, alsoTo, mirrors }: MirroredRelease,
  wish: ReleaseMirrorWish,
): string {
  const { printMirrorInstructions: kind, releaseImageSignatureToDir: signatureDir } = wish;
  const isFile = to.repository.kind === 'file';
  const lines = ['', 'Success'];
  if (wish.skipReleaseImage !== true) lines.push(`Update image:  ${shown(updateImage)}`);
  if (to.template !== undefined) lines.push(`Mirrored to: ${to.text}`);
  else if (!isFile) lines.push(`Mirror prefix: ${repositoryText(to.repository)}`);
  lines.push(...alsoTo.map((place) => `Mirror prefix: ${shown(place)}`));
  if (isFile) {
    lines.push(
      '',
      'To upload local images to a registry, run:',
      '',
      `    longshore image mirror --from-dir=${wish.toDir ?? '.'} '${everything(to, image)}' REGISTRY/REPOSITORY`,
      '',
    );
  }
  if (mirrors.length > 0 && kind !== 'none') lines.push(...instructions(kind, mirrors));
  if (mirrors.length > 0 && signatureDir !== undefined) {
    lines.push('', `To apply signature configmaps use 'oc apply' on files found in ${signatureDir}`, '');
  }
  return `${lines.join('\n')}\n`;
}

/** As an argument, but a place in a folder without its scheme. */
function shown(place: PlaceName): string {
  const { kind, repository, tag } = place;
  const name = kind === 'file' ? repository : repositoryText(place);
  return tag === undefined ? name : `${name}:${tag}`;
}

/** What `image mirror` is to take from the folder. */
function everything({ repository, template }: ReleaseDestination, image: PlaceName): string {
  return template === undefined ? `file://${shown(image)}*` : repositoryText(repository);
}

function instructions(kind: Exclude<MirrorInstructions, 'none'>, mirrors: readonly SourceMirrors[]): string[] {
  const object = OBJECTS[kind];
  return [
    '',
    'To use the new mirrored repository to install, add the following section to the install-config.yaml:',
    '',
    installConfigYaml(object, mirrors),
    '',
    `To use the new mirrored repository for upgrades, use the following to create an ${object}:`,
    '',
    mirrorSetYaml(object, 'example', mirrors),
  ];
}

const OBJECTS = { icsp: 'ImageContentSourcePolicy', idms: 'ImageDigestMirrorSet' } as const;

/** The kind of mirror sets for clusters: ICSP only where they are asked for by name. */
export function mirrorSetKind(kind: MirrorInstructions): (typeof OBJECTS)[keyof typeof OBJECTS] {
  return kind === 'icsp' ? OBJECTS.icsp : OBJECTS.idms;
}
