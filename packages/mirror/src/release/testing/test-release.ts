import { gunzipSync } from 'node:zlib';
import type { MemoryRepository } from '../../extract/testing/memory-image.js';
import { releaseFiles, releaseLayer, type ReleaseContent } from '../release-files.js';

/** A release with three images, as mirror.md 9.1 describes it. */
export const CONTENT: ReleaseContent = {
  version: '4.99.0',
  created: '2026-11-22T02:25:15Z',
  previous: ['4.98.1', '4.98.0'],
  next: [],
  metadata: { url: 'https://example.test/errata' },
  components: ['machine-config-operator', 'cli', 'cluster-version-operator'].map((name, index) => ({
    name,
    pullSpec: `registry.test/ocp/art-dev@sha256:${String(index + 1).repeat(64)}`,
    annotations: {
      'io.openshift.build.commit.id': `${index + 1}`.repeat(40),
      'io.openshift.build.source-location': `https://github.com/openshift/${name}`,
      ...(name === 'cli' && { 'io.openshift.build.versions': 'kubectl=1.30.0' }),
    },
  })),
  manifests: new Map(
    [
      ['0000_00_cluster-version-operator_00_namespace.yaml', 'kind: Namespace\n'],
      ['0000_90_cvo_verification.yaml', 'kind: ConfigMap\n'],
      ['0000_50_machine-config-operator_deploy.yaml', 'kind: Deployment\n'],
    ].map(([name = '', text = '']) => [name, Buffer.from(text)]),
  ),
  modified: new Date('2026-11-22T02:25:15Z'),
};

/** Publishes a release image in a repository under a tag, over layers that hold something else. */
export async function publishRelease(
  repository: MemoryRepository,
  tag: string,
  change: Partial<ReleaseContent> = {},
  below: readonly Buffer[] = [],
): Promise<string> {
  const content = { ...CONTENT, ...change };
  const { bytes } = await releaseLayer(releaseFiles(content), content.modified);
  const config = { created: content.created, os: 'linux', architecture: 'amd64' };
  return repository.image([...below, gunzipSync(bytes)], config, tag).manifest.digest;
}
