import { isIndexMediaType, type Descriptor } from '@longshore/oci';

/** For what an image should be; a part that is not given may be anything. */
export interface PlatformPreference {
  architecture?: string;
  os?: string;
}

/** How builders mark statements about other images (BuildKit, "Image attestation storage"). */
const REFERENCE_TYPE = 'vnd.docker.reference.type';

/**
 * The one image of a list that stands for it in mode Legacy (registry.md 3.9): for the preferred platform, else for that of
 * the server, else for linux/amd64, else the first. Attestations and other things that do not run come last. Undefined for an
 * empty list.
 */
export function chooseChild(
  children: readonly Descriptor[],
  preferred: PlatformPreference,
  server: Required<PlatformPreference>,
): Descriptor | undefined {
  const images = children.filter(runs);
  const hasPreference = preferred.architecture !== undefined || preferred.os !== undefined;
  const wishes: PlatformPreference[] = [
    ...(hasPreference ? [{ ...server, ...preferred }, { os: 'linux', ...preferred }, preferred] : []),
    server,
    { os: 'linux', architecture: 'amd64' },
  ];
  for (const wish of wishes) {
    const child = images.find((image) => fits(image, wish));
    if (child !== undefined) return child;
  }
  return images[0] ?? children[0];
}

function fits({ platform }: Descriptor, { architecture, os }: PlatformPreference): boolean {
  const isArchitecture = architecture === undefined || platform?.architecture === architecture;
  return isArchitecture && (os === undefined || platform?.os === os);
}

function runs({ mediaType, platform, artifactType, annotations = {} }: Descriptor): boolean {
  if (isIndexMediaType(mediaType) || artifactType || REFERENCE_TYPE in annotations) return false;
  return platform?.os !== 'unknown' || platform.architecture !== 'unknown';
}
