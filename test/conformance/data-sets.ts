import { gzipSync } from 'node:zlib';
import { digestOf, EMPTY_CONFIG_TYPE, MEDIA_TYPES, randomBytesOf, tarOf } from '@longshore/testkit';
import type { Algorithm } from './uploading.js';

const { manifest: IMAGE, index: INDEX, config: CONFIG, layer: GZIP_LAYER } = MEDIA_TYPES.oci;
const TAR_LAYER = 'application/vnd.oci.image.layer.v1.tar';
const ARTIFACT = 'application/vnd.longshore.test.v1';
const OTHER_ARTIFACT = 'application/vnd.longshore.test.v2';
const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar';

/** A pointer as it stands in a manifest. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  data?: string;
  urls?: string[];
  platform?: { os: string; architecture: string };
}

/** A manifest as it is pushed, with what the registry is to make of it. */
export interface SetManifest {
  mediaType: string;
  digest: string;
  bytes: Buffer;
  tags: string[];
  subject?: string;
  /** How the list of referrers of `subject` shows it. */
  referrer?: { artifactType?: string; annotations?: Record<string, string> };
}

/** Content of one kind: everything to push, manifests after what they list. */
export interface DataSet {
  name: string;
  blobs: Map<string, Buffer>;
  manifests: SetManifest[];
  /** Tags go with the push by digest, as parameters. */
  tagParameters: boolean;
}

interface SetOptions {
  algorithm?: Algorithm;
  /** Put the content into each descriptor too. */
  embed?: boolean;
  /** Add a field that no specification knows. */
  extraField?: boolean;
  /** Leave `mediaType` out of the manifests. */
  untyped?: boolean;
  tagParameters?: boolean;
}

interface Fields {
  artifactType?: string;
  subject?: Descriptor;
  annotations?: Record<string, string>;
  tags?: string[];
}

interface ImageFields extends Fields {
  platform?: { os: string; architecture: string };
  config?: Descriptor;
  layers?: Descriptor[];
}

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

class SetBuilder implements DataSet {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests: SetManifest[] = [];
  private count = 0;

  constructor(
    readonly name: string,
    private readonly options: SetOptions = {},
  ) {}

  get tagParameters(): boolean {
    return this.options.tagParameters === true;
  }

  blob(bytes: Buffer, mediaType = 'application/octet-stream'): Descriptor {
    const descriptor = this.describe(bytes, mediaType);
    this.blobs.set(descriptor.digest, bytes);
    return descriptor;
  }

  /** Bytes that no other blob has. */
  random(mediaType: string): Descriptor {
    return this.blob(randomBytesOf(`${this.name}/${this.count++}`, 2048), mediaType);
  }

  layer(mediaType: string = GZIP_LAYER): Descriptor {
    const archive = tarOf([{ path: 'file.txt', content: Buffer.from(`${this.name} ${this.count++}`) }]);
    return this.blob(mediaType === GZIP_LAYER ? gzipSync(archive) : archive, mediaType);
  }

  image({ platform = AMD64, config, layers, ...fields }: ImageFields = {}): Descriptor {
    const parts = layers ?? [this.layer(), this.layer()];
    const rootfs = { type: 'layers', diff_ids: parts.map(({ digest }) => digest) };
    const own = () => this.blob(this.encode({ ...platform, rootfs, config: { Labels: { set: this.name } } }), CONFIG);
    return { ...this.manifest(IMAGE, { config: config ?? own(), layers: parts }, fields), platform };
  }

  /** An image manifest that holds no image: an empty config and one blob. */
  artifact(fields: Fields = {}, contentType = ARTIFACT): Descriptor {
    const config = this.blob(Buffer.from('{}'), EMPTY_CONFIG_TYPE);
    const { platform: _, ...descriptor } = this.image({ config, layers: [this.random(contentType)], ...fields });
    return descriptor;
  }

  index(children: Descriptor[], fields: Fields = {}): Descriptor {
    return this.manifest(INDEX, { manifests: children }, fields);
  }

  /** An index of one image for each of two processors. */
  twoPlatforms(fields: Fields = {}): Descriptor {
    return this.index([this.image({ platform: AMD64 }), this.image({ platform: ARM64 })], fields);
  }

  private manifest(mediaType: string, content: object, { tags = [], ...fields }: Fields): Descriptor {
    const { untyped, extraField } = this.options;
    const { subject, annotations } = fields;
    const bytes = this.encode({
      schemaVersion: 2,
      ...(!untyped && { mediaType }),
      ...content,
      ...fields,
      ...(extraField && { 'org.example.unknown': { nested: [this.name, 1, null, true] } }),
    });
    const descriptor = this.describe(bytes, mediaType);
    const config = 'config' in content ? (content.config as Descriptor).mediaType : undefined;
    this.manifests.push({
      ...{ mediaType, digest: descriptor.digest, bytes, tags },
      ...(subject && {
        subject: subject.digest,
        referrer: { artifactType: fields.artifactType ?? config, annotations },
      }),
    });
    return descriptor;
  }

  private describe(bytes: Buffer, mediaType: string): Descriptor {
    const { algorithm, embed } = this.options;
    const data = embed && { data: bytes.toString('base64') };
    return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length, ...data };
  }

  private encode(value: object): Buffer {
    return Buffer.from(JSON.stringify(value));
  }
}

function dataSet(name: string, fill: (set: SetBuilder) => unknown, options?: SetOptions): DataSet {
  const set = new SetBuilder(name, options);
  fill(set);
  return set;
}

/** 3.9 MB of annotations: below the 4 MiB that a registry takes at least. */
const MANY_ANNOTATIONS = Object.fromEntries(Array.from({ length: 390 }, (_, i) => [`note-${i}`, 'A'.repeat(10_000)]));

/** A layer that stays at its publisher's site. */
function foreignLayer(name: string, mediaType: string): Descriptor {
  const digest = digestOf(Buffer.from(name));
  return { mediaType, digest, size: 123_456, urls: [`https://layers.example/${digest}`] };
}

function withSubject(set: SetBuilder): void {
  const subject = set.image({ tags: ['subject'] });
  set.image({ subject });
  set.artifact({ subject, artifactType: ARTIFACT, annotations: { note: 'one' }, tags: ['signed'] });
  set.artifact({ subject, artifactType: OTHER_ARTIFACT, annotations: { note: 'two' }, tags: ['listed'] }, TAR_LAYER);
}

function indexWithSubject(set: SetBuilder): void {
  const subject = set.twoPlatforms({ tags: ['subject'] });
  const children = [set.artifact({ artifactType: ARTIFACT }), set.artifact({ artifactType: ARTIFACT })];
  set.index(children, { subject, artifactType: ARTIFACT, annotations: { note: 'index' }, tags: ['about'] });
  set.index([], { subject, annotations: { note: 'without a type' } });
}

function missingSubject(set: SetBuilder): void {
  const subject = { mediaType: IMAGE, digest: digestOf(Buffer.from(`${set.name} is not there`)), size: 123 };
  set.artifact({ subject, artifactType: ARTIFACT, annotations: { note: 'early' }, tags: ['early'] });
}

function taggedEverywhere(set: SetBuilder): void {
  set.twoPlatforms({ tags: ['first', 'second'] });
  for (const [index, manifest] of set.manifests.entries()) manifest.tags.push(`each-${index}`);
}

/** Content of every kind that the image specification knows. */
export const DATA_SETS: DataSet[] = [
  dataSet('image', (set) => set.image({ tags: ['image'] })),
  dataSet('uncompressed layers', (set) => set.image({ layers: [set.layer(TAR_LAYER)], tags: ['image'] })),
  dataSet('large manifest', (set) => set.image({ annotations: MANY_ANNOTATIONS, tags: ['large'] })),
  dataSet('index', (set) => set.twoPlatforms({ tags: ['index'] })),
  dataSet('nested index', (set) => set.index([set.twoPlatforms(), set.twoPlatforms()], { tags: ['nested'] })),
  dataSet('empty index', (set) => set.index([], { tags: ['empty'] })),
  dataSet('artifact', (set) => set.artifact({ artifactType: ARTIFACT, tags: ['artifact'] })),
  dataSet('artifact index', (set) => {
    const children = [set.artifact({ artifactType: ARTIFACT }), set.artifact({ artifactType: ARTIFACT })];
    set.index(children, { artifactType: ARTIFACT, tags: ['artifacts'] });
  }),
  dataSet('artifact without layers', (set) => {
    const nothing = set.blob(Buffer.from('{}'), EMPTY_CONFIG_TYPE);
    set.image({ artifactType: ARTIFACT, config: nothing, layers: [nothing], tags: ['bare'] });
  }),
  dataSet('artifacts with a subject', withSubject),
  dataSet('indexes with a subject', indexWithSubject),
  dataSet('missing subject', missingSubject),
  dataSet('data in descriptors', (set) => set.twoPlatforms({ tags: ['data'] }), { embed: true }),
  dataSet('non-distributable layers', (set) => {
    const layers = [foreignLayer('one', `${FOREIGN}+gzip`), foreignLayer('two', FOREIGN), set.layer()];
    set.image({ layers, tags: ['foreign'] });
  }),
  dataSet('custom fields', (set) => set.twoPlatforms({ tags: ['custom'] }), { extraField: true }),
  dataSet('no layers', (set) => set.image({ layers: [], tags: ['no-layers'] })),
  dataSet('no media type', (set) => set.twoPlatforms({ tags: ['untyped'] }), { untyped: true }),
  dataSet('sha512 index', (set) => set.twoPlatforms(), { algorithm: 'sha512' }),
  dataSet('sha512 with a subject', withSubject, { algorithm: 'sha512', tagParameters: true }),
  dataSet('tag parameters', taggedEverywhere, { tagParameters: true }),
  dataSet('tag parameters, sha512', taggedEverywhere, { tagParameters: true, algorithm: 'sha512' }),
];
