import {
  IMAGE_API_VERSION,
  objectKey,
  type Clock,
  type ImageStream,
  type ImageStreamImport,
  type KubeClient,
  type TagReference,
} from '@longshore/kube';
import type { ImportCounters } from './import-counters.js';
import { IMPORT_FOR_ANNOTATION } from './import-kind.js';
import type { NeededImport } from './import-need.js';

const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
const IMPORTS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreamimports' };
/** How long an import of a stream may take (registry.md 8.5). */
const TIMEOUT_MS = 3_600_000;

/** An import took too long. */
export class ImportTimeoutError extends Error {
  override readonly name = 'ImportTimeoutError';
  readonly code = 'IMPORT_TIMEOUT';
}

/** Asks the API for the imports that streams need. Errors of both: those of the client; also {@link ImportTimeoutError}. */
export class StreamImporter {
  constructor(
    private readonly client: KubeClient,
    private readonly counters: ImportCounters,
    private readonly clock: Clock,
  ) {}

  /** The stream as it is now; undefined when it is gone. */
  async find(key: string, signal: AbortSignal): Promise<ImageStream | undefined> {
    const [namespace, name = ''] = key.split('/');
    return this.client.find<ImageStream>(STREAMS, name, { namespace, signal });
  }

  /** Imports into the stream, if it is still as it is here. */
  async import(
    stream: ImageStream,
    needed: NeededImport,
    { isScheduled, signal }: { isScheduled: boolean; signal: AbortSignal },
  ): Promise<ImageStreamImport> {
    const asked = importFor(stream, needed);
    const answer = await this.#inTime(signal, objectKey(stream), (inTime) =>
      this.client.create<ImageStreamImport>(IMPORTS, asked, { signal: inTime }),
    );
    this.counters.count(answer, isScheduled);
    return answer;
  }

  async #inTime<T>(signal: AbortSignal, key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const done = new AbortController();
    this.clock.sleep(TIMEOUT_MS, done.signal).then(
      () => over.abort(new ImportTimeoutError(`the import of image stream ${key} took more than an hour`)),
      () => {},
    );
    try {
      return await work(AbortSignal.any([signal, over.signal]));
    } finally {
      done.abort();
    }
  }
}

/** The request for an import into the stream as it is. */
function importFor({ metadata, spec }: ImageStream, { repository, tags }: NeededImport): ImageStreamImport {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = metadata;
  const from = { kind: 'DockerImage' as const, name: spec.dockerImageRepository ?? '' };
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStreamImport',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      annotations: { [IMPORT_FOR_ANNOTATION]: `${namespace}/${name}` },
    },
    spec: {
      import: true,
      ...(repository && { repository: { from } }),
      ...(tags.length > 0 && { images: tags.flatMap(imageOf) }),
    },
  };
}

function imageOf({ name, from, importPolicy, referencePolicy }: TagReference) {
  return from === undefined ? [] : [{ from, to: { name }, importPolicy, referencePolicy }];
}
