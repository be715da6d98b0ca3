import { LabelSelector, type KubeObject } from '@longshore/kube';
import type { ScalePaths } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { isObject, own, setOwn, type JsonObject } from '../schema/json.js';
import { JsonPath } from '../table/json-path.js';
import type { ObjectShape } from './decode-object.js';

/** `autoscaling/v1` Scale */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

export const SCALE: ObjectShape = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  schema: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { replicas: { type: 'integer', format: 'int32' } } },
      status: {
        type: 'object',
        properties: { replicas: { type: 'integer', format: 'int32' }, selector: { type: 'string' } },
      },
    },
  },
};

/** How many replicas an object asks for and has. */
export function readScale({ definition }: Resource, object: KubeObject): Scale {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = definition.scale as ScalePaths;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = labelSelectorPath === undefined ? '' : selectorText(at(object, labelSelectorPath));
  const metadata = { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp };
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: metadata,
    spec: { ...nonZero(numberAt(object, specReplicasPath)) },
    status: { replicas: numberAt(object, statusReplicasPath), ...(selector !== '' && { selector }) },
  };
}

/** The object with the replicas that the scale asks for; its resource version is a precondition. */
export function applyScale({ definition }: Resource, object: KubeObject, { spec, metadata }: Scale): KubeObject {
  const scaled = structuredClone(object);
  const path = JsonPath.parse(definition.scale?.specReplicasPath ?? '').fields ?? [];
  let parent: JsonObject = scaled;
  for (const field of path.slice(0, -1)) {
    const child = own(parent, field);
    const next = isObject(child) ? child : {};
    setOwn(parent, field, next);
    parent = next;
  }
  setOwn(parent, path.at(-1) ?? '', spec?.replicas ?? 0);
  if (metadata.resourceVersion) scaled.metadata.resourceVersion = metadata.resourceVersion;
  return scaled;
}

const at = (object: KubeObject, path: string): unknown => JsonPath.parse(path).find(object)[0];

function numberAt(object: KubeObject, path: string): number {
  const value = at(object, path);
  return typeof value === 'number' ? value : 0;
}

const nonZero = (replicas: number) => (replicas === 0 ? {} : { replicas });

/** Workloads hold the selector as an object, custom resources as text. */
function selectorText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isObject(value) ? LabelSelector.fromObject(value).toString() : '';
}
