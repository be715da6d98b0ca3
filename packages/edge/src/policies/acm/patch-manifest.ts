import type { JsonObject, JsonValue, Schema } from '@longshore/kube';
import { applyStrategicMergePatch } from '@longshore/kube/strategic-merge-patch';
import { fields, Float, isFields, MixedKeys, Timestamp, type Fields, type Value } from '../../yaml/value.js';
import { PolicyError } from '../policy-error.js';

/**
 * A manifest with a patch laid over it (edge.md 4.6): a strategic merge, by the keys of Kubernetes' own kinds or those of an
 * OpenAPI schema; lists of other custom resources are replaced. Throws PolicyError.
 */
export function patchManifest(manifest: Fields, patch: Fields, schema: Schema | undefined): Fields {
  try {
    const patched = applyStrategicMergePatch(
      toJson(manifest) as JsonObject,
      toJson(patch),
      schema ?? builtInSchema(manifest) ?? { type: 'object' },
    );
    return fromJson(patched) as Fields;
  } catch (error) {
    throw new PolicyError(`the patch does not fit: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const merged = (mergeKey: string, properties: Record<string, Schema> = {}): Schema => ({
  type: 'array',
  'x-kubernetes-patch-strategy': 'merge',
  'x-kubernetes-patch-merge-key': mergeKey,
  items: { type: 'object', properties },
});
const at = (path: readonly string[], schema: Schema): Schema =>
  path.reduceRight((inner, key) => ({ type: 'object', properties: { [key]: inner } }), schema);

const CONTAINERS = merged('name', {
  env: merged('name'),
  ports: merged('containerPort'),
  volumeMounts: merged('mountPath'),
});
const POD: Schema = {
  type: 'object',
  properties: {
    containers: CONTAINERS,
    initContainers: CONTAINERS,
    volumes: merged('name'),
    imagePullSecrets: merged('name'),
    hostAliases: merged('ip'),
    topologySpreadConstraints: merged('topologyKey'),
  },
};
const TEMPLATE = at(['spec', 'template', 'spec'], POD);

const BUILT_IN: Record<string, Schema> = {
  'v1 Pod': at(['spec'], POD),
  'v1 ReplicationController': TEMPLATE,
  'v1 Service': at(['spec', 'ports'], merged('port')),
  'v1 ServiceAccount': { type: 'object', properties: { secrets: merged('name'), imagePullSecrets: merged('name') } },
  'apps/v1 Deployment': TEMPLATE,
  'apps/v1 DaemonSet': TEMPLATE,
  'apps/v1 ReplicaSet': TEMPLATE,
  'apps/v1 StatefulSet': TEMPLATE,
  'batch/v1 Job': TEMPLATE,
  'batch/v1 CronJob': at(['spec', 'jobTemplate', 'spec', 'template', 'spec'], POD),
};

function builtInSchema({ apiVersion, kind }: Fields): Schema | undefined {
  return typeof apiVersion === 'string' && typeof kind === 'string' ? BUILT_IN[`${apiVersion} ${kind}`] : undefined;
}

const MAX_REFERENCES = 20;

/** The schema of a kind in an OpenAPI document (its `definitions`); undefined when it is not there. Throws PolicyError. */
export function schemaIn(openapi: Value, { apiVersion, kind }: Fields): Schema | undefined {
  const definitions = isFields(openapi) ? openapi.definitions : undefined;
  if (!isFields(definitions)) throw new PolicyError('the OpenAPI document has no definitions');
  const [version = '', group = ''] = String(typeof apiVersion === 'string' ? apiVersion : '')
    .split('/')
    .reverse();
  const found = Object.values(definitions).find((definition) => {
    const kinds = isFields(definition) ? definition['x-kubernetes-group-version-kind'] : undefined;
    const all = Array.isArray(kinds) ? kinds : [kinds ?? null];
    return all.some(
      (each) => isFields(each) && each.kind === kind && each.version === version && (each.group ?? '') === group,
    );
  });
  return found === undefined ? undefined : (toJson(resolve(found, definitions, 0)) as Schema);
}

function resolve(schema: Value, definitions: Fields, depth: number): Value {
  if (Array.isArray(schema)) return schema.map((item) => resolve(item, definitions, depth));
  if (!isFields(schema)) return schema;
  const reference = typeof schema.$ref === 'string' ? /^#\/definitions\/(.+)$/.exec(schema.$ref)?.[1] : undefined;
  if (reference !== undefined) {
    if (depth >= MAX_REFERENCES) return fields([['type', 'object']]);
    return resolve(definitions[reference] ?? fields(), definitions, depth + 1);
  }
  return fields(Object.entries(schema).map(([key, item]) => [key, resolve(item, definitions, depth)] as const));
}

/** A value as JSON has it. */
function toJson(value: Value): JsonValue {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Float) return value.value;
  if (value instanceof Timestamp) return value.text;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries =
    value instanceof Map ? [...value] : value instanceof MixedKeys ? textKeys(value) : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item)]));
}

function textKeys({ entries }: MixedKeys): (readonly [string, Value])[] {
  return entries.map(([key, item]) => [typeof key === 'string' ? key : JSON.stringify(toJson(key)), item] as const);
}

function fromJson(value: JsonValue): Value {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value;
  return fields(Object.entries(value).map(([key, item]) => [key, fromJson(item ?? null)] as const));
}
