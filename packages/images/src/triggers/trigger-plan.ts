import { escapePointerPart, IMAGE_ANNOTATIONS, type JsonPatchOperation, type KubeObject } from '@longshore/kube';
import { readTriggers, triggersText, type ContainerField, type TagSource } from './image-trigger.js';
import { podSpecOf, type PodSpec } from '../workloads/workload-kinds.js';

/** What a tag says: what to pull, why it may not be used, or nothing, as it has no image yet. */
export type TagResolution = { pullSpec: string } | { refused: string } | undefined;

export interface TriggerPlan {
  /** Empty when each image is what it should be. */
  patch: JsonPatchOperation[];
  /** What the author of the annotation should know. */
  problems: string[];
  /** A source was refused, which may change without a change of the object or of the stream. */
  isRefused: boolean;
}

/**
 * How an object must change so that its containers use what the tags of its triggers say now. The patch tests what it was
 * decided on: the annotation, the container at its place and the image that it had. Several triggers on one image are
 * refused, as each would undo the other.
 */
export function planTriggers(
  object: KubeObject,
  podSpecPath: readonly string[],
  resolve: (source: TagSource) => TagResolution,
): TriggerPlan {
  const text = triggersText(object);
  if (text === undefined || object.metadata.deletionTimestamp !== undefined) {
    return { patch: [], problems: [], isRefused: false };
  }
  const { triggers, problems } = readTriggers(text, object.metadata.namespace ?? '', podSpecPath);
  const podSpec = podSpecOf(object, podSpecPath) ?? {};
  const placed = triggers.map((trigger) => ({ ...trigger, place: placeOf(trigger.field, podSpec) }));
  const patch: JsonPatchOperation[] = [];
  let isRefused = false;
  for (const { fieldPath, field, source, paused, place } of placed) {
    const { list } = field;
    const problem = (why: string) => problems.push(`${fieldPath}: ${why}`);
    if (place === undefined) problem('there is no such container');
    else if (placed.filter((other) => other.field.list === list && other.place === place).length > 1) {
      problem('several triggers set this image; leave one of them');
    } else if (!paused) {
      const resolved = resolve(source);
      if (resolved === undefined) continue;
      if ('refused' in resolved) {
        problem(resolved.refused);
        isRefused = true;
      } else patch.push(...setImage(podSpec, podSpecPath, list, place, resolved.pullSpec));
    }
  }
  if (patch.length > 0) patch.unshift(test(['metadata', 'annotations', IMAGE_ANNOTATIONS.triggers], text));
  return { patch, problems: [...new Set(problems)], isRefused };
}

function placeOf({ list, container }: ContainerField, podSpec: PodSpec): number | undefined {
  const containers = podSpec[list] ?? [];
  const place = typeof container === 'number' ? container : containers.findIndex(({ name }) => name === container);
  return place in containers ? place : undefined;
}

function setImage(
  podSpec: PodSpec,
  podSpecPath: readonly string[],
  list: ContainerField['list'],
  place: number,
  pullSpec: string,
): JsonPatchOperation[] {
  const { name = '', image } = podSpec[list]?.[place] ?? {};
  if (image === pullSpec) return [];
  const container = [...podSpecPath, list, String(place)];
  const path = [...container, 'image'];
  return [
    test([...container, 'name'], name),
    ...(image === undefined ? [] : [test(path, image)]),
    { op: 'add', path: pointer(path), value: pullSpec },
  ];
}

function test(path: readonly string[], value: string): JsonPatchOperation {
  return { op: 'test', path: pointer(path), value };
}

function pointer(path: readonly string[]): string {
  return path.map((part) => `/${escapePointerPart(part)}`).join('');
}
