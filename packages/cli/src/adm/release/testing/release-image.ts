import { releaseFiles, releaseLayer } from '@longshore/mirror';
import { blobOf, createImage, createManifest, MEDIA_TYPES, type GeneratedManifest } from '@longshore/testkit';

/** A release of three images in a repository, as mirror.md 9.1 describes it. */
export interface TestRelease {
  image: GeneratedManifest;
  components: ReadonlyMap<string, GeneratedManifest>;
}

export interface TestReleaseOptions {
  version?: string;
  /** Where the images are. */
  repository: string;
  /** Images that replace those of the same name. */
  components?: Record<string, GeneratedManifest>;
  commits?: Record<string, string>;
  manifests?: Record<string, string>;
}

const NAMES = ['cli', 'cluster-version-operator', 'machine-config-operator'];

const MANIFESTS = {
  '0000_00_cluster-version-operator_00_namespace.yaml': 'kind: Namespace\n',
  '0000_90_cvo_verification.yaml': 'kind: Service\n',
  '0000_50_machine-config-operator_deploy.yaml': 'kind: Deployment\n',
};

export async function createRelease(options: TestReleaseOptions): Promise<TestRelease> {
  const { version = '4.99.0', repository, commits = {}, manifests = MANIFESTS } = options;
  const components = new Map(
    NAMES.map((name) => [name, options.components?.[name] ?? createImage({ seed: name, mediaTypes: 'docker' })]),
  );
  const modified = new Date('2026-11-22T02:25:15Z');
  const files = releaseFiles({
    version,
    created: '2026-11-22T02:25:15Z',
    previous: ['4.98.0', '4.98.1'],
    next: [],
    metadata: { url: 'https://example.test/errata' },
    components: [...components].map(([name, { descriptor }]) => ({
      name,
      pullSpec: `${repository}@${descriptor.digest}`,
      annotations: {
        'io.openshift.build.commit.id': commits[name] ?? 'a'.repeat(40),
        'io.openshift.build.source-location': `https://github.com/openshift/${name}`,
        ...(name === 'cli' && { 'io.openshift.build.versions': 'kubectl=1.30.0' }),
      },
    })),
    manifests: new Map(Object.entries(manifests).map(([name, text]) => [name, Buffer.from(text)])),
    modified,
  });
  const { bytes, diffId } = await releaseLayer(files, modified);
  const config = {
    created: '2026-11-22T02:25:15Z',
    os: 'linux',
    architecture: 'amd64',
    config: { Labels: { 'io.openshift.release': version } },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  const types = MEDIA_TYPES.docker;
  const configBlob = blobOf(Buffer.from(JSON.stringify(config)), types.config);
  return { image: createManifest('docker', configBlob, [blobOf(bytes, types.layer)]), components };
}
