import { ApiError, isConditionTrue, jsonEqual, type KubeObject, type Schema } from '@longshore/kube';
import type { ResourceDefinition, StoredBackend } from '../definition.js';
import { applyDefaults } from '../schema/defaults.js';
import { pruneUnknown } from '../schema/prune.js';
import { JsonPath } from '../table/json-path.js';
import {
  servedVersion,
  type CustomResourceDefinition,
  type CustomResourceVersion,
} from './custom-resource-definition.js';

/**
 * How the objects of a custom resource are served. Undefined while its names are not accepted, or no version is served.
 * `isTerminating`: whether the definition is being deleted by now, so that no objects may be created.
 */
export function servedDefinition(
  definition: CustomResourceDefinition,
  isTerminating: () => boolean,
): ResourceDefinition | undefined {
  const version = servedVersion(definition);
  return version && definitionIn(definition, version, isTerminating);
}

/** How they are stored, though no version may be served. Undefined while the names are not accepted: then there are none. */
export function storedDefinition(definition: CustomResourceDefinition): ResourceDefinition | undefined {
  const version = definition.spec.versions.find(({ storage }) => storage);
  return version && definitionIn(definition, version, () => true);
}

function definitionIn(
  definition: CustomResourceDefinition,
  version: CustomResourceVersion,
  isTerminating: () => boolean,
): ResourceDefinition | undefined {
  const { spec, status } = definition;
  if (status === undefined || !isConditionTrue(status.conditions, 'Established')) return undefined;
  const { plural, singular = '', kind, listKind, shortNames, categories } = status.acceptedNames;
  const { subresources = {}, additionalPrinterColumns } = version;
  const schema = version.schema?.openAPIV3Schema ?? {};
  const warning = deprecationOf(definition, version);
  return {
    group: spec.group,
    version: version.name,
    plural,
    singular,
    kind,
    ...(listKind !== undefined && { listKind }),
    ...(shortNames !== undefined && { shortNames }),
    ...(categories !== undefined && { categories }),
    scope: spec.scope,
    custom: true,
    schema,
    ...(additionalPrinterColumns !== undefined && {
      columns: additionalPrinterColumns.map(({ jsonPath, ...column }) => ({ ...column, value: jsonPath })),
    }),
    status: subresources.status !== undefined,
    ...(subresources.scale !== undefined && { scale: subresources.scale }),
    ...(version.selectableFields !== undefined && { selectableFields: selectableFields(version.selectableFields) }),
    ...(warning !== undefined && { deprecationWarning: warning }),
    backend: {
      ...hooksOf(isTerminating, subresources.status !== undefined),
      type: 'stored',
      generation: true,
      unconditionalUpdate: false,
      storedForm: { pack: (object) => object, unpack: (stored) => bySchema(stored, schema) },
    },
  };
}

function deprecationOf({ spec }: CustomResourceDefinition, version: CustomResourceVersion): string | undefined {
  if (!version.deprecated) return undefined;
  return version.deprecationWarning ?? `${spec.group}/${version.name} ${spec.names.kind} is deprecated`;
}

function selectableFields(fields: readonly { jsonPath: string }[]): ResourceDefinition['selectableFields'] {
  const readers = fields.map(({ jsonPath }) => {
    const path = JsonPath.parse(jsonPath);
    const read = (object: KubeObject) => {
      const [value] = path.find(object);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
    };
    return [jsonPath.slice(1), read] as const;
  });
  return Object.fromEntries(readers);
}

/** What was stored when the schema was another one is pruned and given the defaults of now, as Kubernetes reads it. */
function bySchema(object: KubeObject, schema: Schema): KubeObject {
  pruneUnknown(object, schema);
  applyDefaults(object, schema);
  return object;
}

function hooksOf(
  isTerminating: () => boolean,
  hasStatus: boolean,
): Pick<StoredBackend, 'prepareForCreate' | 'prepareForUpdate'> {
  return {
    prepareForCreate() {
      if (!isTerminating()) return;
      const message = 'create not allowed while custom resource definition is terminating';
      throw new ApiError('MethodNotAllowed', message);
    },
    prepareForUpdate(object, old) {
      // Where the status has no subresource, it is a field like others.
      if (hasStatus || jsonEqual(object.status, old.status)) return;
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
  };
}
