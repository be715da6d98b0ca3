import { MediaType, digestOf, type Descriptor } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { chooseChild, type PlatformPreference } from './child-choice.js';

const server = { os: 'linux', architecture: 'arm64' };

function child(platform: string | undefined, more: Partial<Descriptor> = {}): Descriptor {
  const [os = '', architecture = ''] = platform?.split('/') ?? [];
  const digest = digestOf(Buffer.from(`${platform} ${JSON.stringify(more)}`));
  return {
    mediaType: MediaType.ociManifest,
    size: 1,
    digest,
    ...(platform && { platform: { os, architecture } }),
    ...more,
  };
}

const attestation = child('unknown/unknown', { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } });
const sbom = child(undefined, { artifactType: 'application/spdx+json' });
const nested = child(undefined, { mediaType: MediaType.ociIndex });

describe('chooseChild', () => {
  it.each<[string, Descriptor[], PlatformPreference, number | undefined]>([
    ['the preferred architecture', [child('linux/arm64'), child('linux/s390x')], { architecture: 's390x' }, 1],
    ['the preferred system', [child('linux/arm64'), child('windows/amd64')], { os: 'windows' }, 1],
    ['both', [child('linux/s390x'), child('zos/amd64'), child('zos/s390x')], { os: 'zos', architecture: 's390x' }, 2],
    [
      'the server’s system for an architecture',
      [child('windows/amd64'), child('linux/amd64')],
      { architecture: 'amd64' },
      1,
    ],
    ['the server’s architecture for a system', [child('zos/s390x'), child('zos/arm64')], { os: 'zos' }, 1],
    [
      'the server where the wish cannot be met',
      [child('linux/amd64'), child('linux/arm64')],
      { architecture: 'riscv64' },
      1,
    ],
    ['the server', [child('linux/amd64'), child('linux/arm64')], {}, 1],
    ['linux/amd64 where the server’s is not there', [child('windows/amd64'), child('linux/amd64')], {}, 1],
    ['the first where nothing fits', [child('zos/s390x'), child('plan9/386')], {}, 0],
    ['an image rather than what is about it', [attestation, sbom, nested, child('plan9/386')], {}, 3],
    ['an image without a platform', [attestation, child(undefined)], {}, 1],
    ['the first of what does not run', [sbom, attestation], {}, 0],
    ['nothing of nothing', [], {}, undefined],
  ])('takes %s', (_what, children, preferred, index) => {
    expect(chooseChild(children, preferred, server)).toBe(index === undefined ? undefined : children[index]);
  });
});
