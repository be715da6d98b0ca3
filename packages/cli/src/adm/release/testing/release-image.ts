import { releaseFiles, releaseLayer } from '@longshore/mirror/release';
import { digestOf, MediaType } from '@longshore/oci';

/** An image as the test kit makes and serves it. */
export interface TestImage {
  descriptor: { mediaType: string; digest: string; size: number };
  bytes: Buffer;
  blobs: { descriptor: TestImage['descriptor']; bytes: Buffer }[];
  children: TestImage[];
}

export interface TestRelease {
  image: TestImage;
  components: ReadonlyMap<string, TestImage>;
}

export interface TestReleaseOptions {
  version?: string;
  /** Where the images are. */
  repository: string;
  components: Record<string, TestImage>;
  commits?: Record<string, string>;
  manifests?: Record<string, string>;
}

const MANIFESTS = {
  '0000_00_cluster-version-operator_00_namespace.yaml': 'kind: Namespace\n',
  '0000_90_cvo_verification.yaml': 'kind: Service\n',
  '0000_50_machine-config-operator_deploy.yaml': 'kind: Deployment\n',
};
const CREATED = '2026-11-22T02:25:15Z';

/** A release of images in a repository, as mirror.md 9.1 describes it. */
export async function createRelease(options: TestReleaseOptions): Promise<TestRelease> {
  const { version = '4.99.0', repository, commits = {}, manifests = MANIFESTS } = options;
  const components = new Map(Object.entries(options.components));
  const modified = new Date(CREATED);
  const files = releaseFiles({
    version,
    created: CREATED,
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
    created: CREATED,
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  const blobs = [
    blobOf(Buffer.from(JSON.stringify(config)), MediaType.dockerConfig),
    blobOf(bytes, MediaType.dockerLayerGzip),
  ];
  const [configBlob, layer] = blobs.map(({ descriptor }) => descriptor);
  const mediaType = MediaType.dockerManifest;
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: configBlob, layers: [layer] }));
  return { image: { ...blobOf(manifest, mediaType), blobs, children: [] }, components };
}

function blobOf(bytes: Buffer, mediaType: string): TestImage['blobs'][number] {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}
