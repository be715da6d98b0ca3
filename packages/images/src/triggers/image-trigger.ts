import { IMAGE_ANNOTATIONS, isJsonObject, type JsonValue, type KubeObject } from '@longshore/kube';
import { isRepositoryName, isTag } from '@longshore/oci';

/** A tag of an image stream. */
export interface TagSource {
  namespace: string;
  stream: string;
  tag: string;
}

/** A container of a pod template, by name or by place. */
export interface ContainerField {
  list: 'containers' | 'initContainers';
  container: string | number;
}

/** An entry of the annotation `image.openshift.io/triggers` (registry.md 3.10). */
export interface ImageTrigger {
  /** As it was written: how messages name it. */
  fieldPath: string;
  field: ContainerField;
  source: TagSource;
  paused: boolean;
}

export interface TriggerAnnotation {
  triggers: ImageTrigger[];
  /** What is wrong with the annotation, for its author. */
  problems: string[];
}

/** For each in another namespace the cluster is asked again and again whether it may be used. */
const MAX_TRIGGERS = 100;

/** The annotation of an object, as it was written; undefined without one. */
export function triggersText({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[IMAGE_ANNOTATIONS.triggers];
}

/**
 * Reads the annotation of an object in `namespace` whose pods are specified at `podSpec`. Entries that cannot be understood
 * become problems; the others count.
 */
export function readTriggers(text: string, namespace: string, podSpec: readonly string[]): TriggerAnnotation {
  const entries = parseList(text);
  if (entries === undefined) {
    return { triggers: [], problems: [`annotation ${IMAGE_ANNOTATIONS.triggers} is not a JSON list of triggers`] };
  }
  const read = entries.slice(0, MAX_TRIGGERS).map((entry, index) => readTrigger(entry, index, namespace, podSpec));
  const problems = read.filter((result) => typeof result === 'string');
  if (entries.length > MAX_TRIGGERS) problems.push(`only the first ${MAX_TRIGGERS} triggers count`);
  return { triggers: read.filter((result) => typeof result !== 'string'), problems };
}

function parseList(text: string): JsonValue[] | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The trigger, or what is wrong with it. */
function readTrigger(
  entry: JsonValue,
  index: number,
  namespace: string,
  podSpec: readonly string[],
): ImageTrigger | string {
  const wrong = (why: string) => `trigger ${index}: ${why}`;
  if (!isJsonObject(entry)) return wrong('must be an object with from and fieldPath');
  const { from, fieldPath, paused = false } = entry;
  const isPaused = PAUSED.get(paused);
  if (isPaused === undefined) return wrong(`paused: must be true or false, not ${shown(paused)}`);
  if (!isJsonObject(from) || from['kind'] !== 'ImageStreamTag') return wrong('from.kind: must be ImageStreamTag');
  const { name, namespace: sourceNamespace = '' } = from;
  const [stream = '', tag = '', ...rest] = typeof name === 'string' ? name.split(':') : [];
  if (!isRepositoryName(stream) || stream.includes('/') || !isTag(tag) || rest.length > 0) {
    return wrong(`from.name: must be an image stream and a tag such as "app:v1", not ${shown(name)}`);
  }
  if (typeof sourceNamespace !== 'string') return wrong('from.namespace: must be a string');
  const field = typeof fieldPath === 'string' ? parseFieldPath(fieldPath, podSpec) : undefined;
  if (field === undefined) {
    const example = `${podSpec.join('.')}.containers[?(@.name=="web")].image`;
    return wrong(`fieldPath: must be the image of a container such as ${example}, not ${shown(fieldPath)}`);
  }
  const source = { namespace: sourceNamespace === '' ? namespace : sourceNamespace, stream, tag };
  return { fieldPath: fieldPath as string, field, source, paused: isPaused };
}

/** `oc set triggers` writes strings, people write booleans. */
const PAUSED: ReadonlyMap<JsonValue, boolean> = new Map<JsonValue, boolean>([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  ['', false],
]);

const SHOWN_LENGTH = 200;

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, SHOWN_LENGTH);
}

const IMAGE_OF_CONTAINER =
  /^(containers|initContainers)\[(?:(\d{1,5})|\?\(@\.name ?== ?(["'])([a-z0-9-]{1,63})\3\))\]\.image$/;

/** `spec.template.spec.containers[?(@.name=="web")].image`, `spec.template.spec.initContainers[0].image` */
function parseFieldPath(text: string, podSpec: readonly string[]): ContainerField | undefined {
  const prefix = `${podSpec.join('.')}.`;
  if (!text.startsWith(prefix)) return undefined;
  const [, list, index, , name] = IMAGE_OF_CONTAINER.exec(text.slice(prefix.length)) ?? [];
  if (list === undefined) return undefined;
  return { list: list as ContainerField['list'], container: name ?? Number(index) };
}
