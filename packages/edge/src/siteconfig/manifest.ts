import { Decoder, record, unmarshalErrors, type Path, type Shape } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import { fields, isFields, type Fields } from '../yaml/value.js';

/** The annotation that marks what a generator made. */
const GENERATED = 'ran.openshift.io/ztp-gitops-generated';

/** Extra manifests of a cluster cannot be collected. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'EXTRA_MANIFESTS';

  constructor(
    message: string,
    /** The filter is to blame, not a manifest. */
    readonly byFilter = false,
    /** Where in the SiteConfig the reason stands. */
    readonly path: Path = [],
  ) {
    super(message);
  }
}

/** The first document of a manifest. Throws ManifestError with the words of the reference's YAML library. */
export function parseManifest(text: string): Fields {
  const value = parseAs(record, text);
  if (value === undefined) throw new ManifestError('yaml: the manifest is empty');
  return value;
}

/** The first document of a text, read by a shape; undefined when there is none. Throws ManifestError. */
export function parseAs<T>(shape: Shape<T>, text: string): T | undefined {
  const source = new YamlSource(text);
  const decoder = new Decoder();
  let value: T | undefined;
  try {
    const node = readFirstDocument(source);
    value = node === undefined ? undefined : decoder.read(shape, node);
  } catch (error) {
    throw new ManifestError(error instanceof Error ? error.message : String(error));
  }
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new ManifestError(problem);
  return value;
}

/** The resource with the annotation of what is generated, and others besides. */
export function markGenerated(resource: Fields, others: readonly (readonly [string, string])[] = []): Fields {
  const metadata = resource.metadata ?? fields();
  const annotations = isFields(metadata) ? (metadata.annotations ?? fields()) : null;
  if (!isFields(metadata) || !isFields(annotations)) {
    throw new ManifestError('metadata and metadata.annotations of a manifest must be maps');
  }
  const marked = fields([...Object.entries(annotations), [GENERATED, '{}'], ...others]);
  const withAnnotations = fields([...Object.entries(metadata), ['annotations', marked]]);
  return fields([...Object.entries(resource), ['metadata', withAnnotations]]);
}
