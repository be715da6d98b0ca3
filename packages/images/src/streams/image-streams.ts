import { s, type ResourceDefinition, type StoredBackend, type WriteContext } from '@longshore/apiserver';
import { invalid, jsonEqual, type ImageStream, type ImportMode, type TagReference } from '@longshore/kube';
import { checkRegistries } from './allowed-registries.js';
import { defineKind } from './define-kind.js';
import type { StreamServices } from './services.js';
import { setChangedGenerations, setNewGenerations, tagsByName } from './spec-generations.js';
import { statusOf, storedStreams } from './stored-stream.js';
import { streamColumns } from './stream-columns.js';
import { STREAM_KIND, STREAMS } from './stream-names.js';
import { streamFields } from './stream-schema.js';
import { layers, secrets } from './stream-subresources.js';
import { checkHistories, checkSpec, checkStreamName, checkTagReference } from './stream-validation.js';
import { applyTagChanges } from './tag-changes.js';
import { TAG_LOG_ANNOTATION } from './tag-log.js';

/** The kind ImageStream with its subresources (registry.md 3.3, 3.5, 3.7). */
export function imageStreamKind(services: StreamServices): ResourceDefinition {
  return defineKind<ImageStream>({
    kind: 'ImageStream',
    plural: 'imagestreams',
    shortNames: ['is'],
    categories: ['all'],
    scope: 'Namespaced',
    schema: s.object('A stream of images: what its tags should be, are and were.', streamFields).schema,
    status: true,
    columns: streamColumns,
    selectableFields: {
      'spec.dockerImageRepository': ({ spec }) => spec?.dockerImageRepository ?? '',
      'status.dockerImageRepository': ({ status }) => status?.dockerImageRepository ?? '',
    },
    subresources: { layers: layers(services), secrets: secrets(services) },
    backend: streams(services),
  });
}

function streams(services: StreamServices): StoredBackend<ImageStream> {
  const { parts, limits } = services;
  return {
    type: 'stored',
    name: 'path-segment',
    storedForm: storedStreams(parts.hostnames),
    setDefaults: (stream) => setDefaults(stream, parts.defaultImportMode()),
    prepareForCreate: async (stream, context) => {
      stream.status = statusOf(stream, [], parts.hostnames());
      keepTagLog(stream, undefined);
      setNewGenerations(stream);
      await applyChanges(stream, undefined, stream.spec.tags ?? [], context, services);
      await limits.admitStream(stream, undefined, context);
    },
    prepareForUpdate: async (stream, old, context) => {
      keepTagLog(stream, old);
      const changed = setChangedGenerations(stream, old);
      await applyChanges(stream, old, changed, context, services);
    },
    validate: ({ metadata: { name = '', namespace = '' } }) => checkStreamName(name, namespace),
    validateUpdate: async (stream, old, context) => {
      await limits.admitStream(stream, old, context);
      return [];
    },
    validateStatusUpdate: checkHistories,
    afterWrite: limits.streamWritten,
  };
}

/** Fills what a client may leave out. Changes the stream in place. */
export function setDefaults(stream: ImageStream, importMode: ImportMode): void {
  stream.spec ??= { lookupPolicy: { local: false } };
  stream.spec.lookupPolicy ??= { local: false };
  for (const tag of stream.spec.tags ?? []) setTagDefaults(tag, importMode);
}

/** As {@link setDefaults}, for one tag; one that is complete is not touched. */
export function setTagDefaults(tag: TagReference, importMode: ImportMode): void {
  if (!tag.importPolicy?.importMode) tag.importPolicy = { ...tag.importPolicy, importMode };
  if (!tag.referencePolicy?.type) tag.referencePolicy = { type: 'Source' };
}

/** Errors: `Invalid` with all that is wrong with the changed tags. */
async function applyChanges(
  stream: ImageStream,
  old: ImageStream | undefined,
  changed: readonly TagReference[],
  context: WriteContext,
  { parts }: StreamServices,
): Promise<void> {
  const before = old === undefined ? undefined : tagsByName(old);
  const written = (stream.spec.tags ?? []).filter((tag) => !jsonEqual(tag, before?.get(tag.name)));
  const causes = [...checkSpec(stream), ...written.flatMap((tag) => checkTagReference(tag, `spec.tags[${tag.name}]`))];
  if (causes.length === 0) {
    const { user, now, objects } = context;
    const repository = stream.spec.dockerImageRepository !== old?.spec.dockerImageRepository;
    const tags = changed.filter((tag) => !isSamePullSpec(tag, before?.get(tag.name)));
    causes.push(...(await checkRegistries(stream, { tags, repository }, user, parts)));
    const readStream = (namespace: string, name: string) => objects.shared.get<ImageStream>(STREAMS, namespace, name);
    if (changed.length > 0) causes.push(...(await applyTagChanges(stream, changed, { user, now, parts, readStream })));
  }
  if (causes.length > 0) throw invalid(STREAM_KIND, stream.metadata.name ?? '', causes);
}

/** What was there before the rules for imports may be imported again. */
function isSamePullSpec({ from, importPolicy }: TagReference, old: TagReference | undefined): boolean {
  return (
    old?.from?.kind === from?.kind &&
    old?.from?.name === from?.name &&
    old?.importPolicy.insecure === importPolicy.insecure
  );
}

/** Only the server writes it. Changes the stream in place. */
function keepTagLog(stream: ImageStream, old: ImageStream | undefined): void {
  const { [TAG_LOG_ANNOTATION]: _written, ...annotations } = stream.metadata.annotations ?? {};
  const log = old?.metadata.annotations?.[TAG_LOG_ANNOTATION];
  stream.metadata.annotations = log === undefined ? annotations : { ...annotations, [TAG_LOG_ANNOTATION]: log };
}
