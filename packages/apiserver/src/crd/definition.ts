import { badRequest, setCondition } from '@longshore/kube';
import type { ResourceDefinition, StoredBackend } from '../definition.js';
import * as s from '../schema/builder.js';
import { decodingError } from '../schema/decode.js';
import { applyDefaults } from '../schema/defaults.js';
import { isObject, type JsonObject } from '../schema/json.js';
import { zeroNullItems } from '../schema/null-items.js';
import { pruneUnknown } from '../schema/prune.js';
import { checkDefinition, checkDefinitionUpdate, checkStoredVersions } from './check-spec.js';
import {
  CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  type CustomResourceDefinitionSpec,
  type CustomResourceDefinitionStatus,
} from './custom-resource-definition.js';
import { APIEXTENSIONS, jsonSchemaProps } from './json-schema-props.js';

const part = (name: string, description: string, fields: s.Fields) =>
  s.shared(`${APIEXTENSIONS}.${name}`, description, fields);

const names = part('CustomResourceDefinitionNames', 'The names of a custom resource.', {
  plural: s.string('The plural, in lower case; the resource in paths.'),
  singular: s.string('The singular, in lower case. Default: the kind in lower case.'),
  kind: s.string('The kind, in camel case.'),
  listKind: s.string('The kind of lists. Default: the kind and List.'),
  shortNames: s.strings('Short names for the command line.').atomic(),
  categories: s.strings('Groups of resources that it is listed with: all.').atomic(),
});

const scale = part('CustomResourceSubresourceScale', 'Where replicas are, for the scale subresource.', {
  specReplicasPath: s.string('JSON path below .spec of the wanted replicas.').required(),
  statusReplicasPath: s.string('JSON path below .status of the replicas that there are.').required(),
  labelSelectorPath: s.string('JSON path below .status or .spec of the label selector, as text.'),
});

const column = part('CustomResourceColumnDefinition', 'A column of kubectl get.', {
  name: s.string('What stands above the column.').required(),
  type: s.string('string, integer, number, boolean or date.').required(),
  format: s.string('The form of the value.'),
  description: s.string('What the column shows.'),
  priority: s.int32('Above 0: only shown where there is room.'),
  jsonPath: s.string('Where the value is.').required(),
});

const version = part('CustomResourceDefinitionVersion', 'A version of a custom resource.', {
  name: s.string('v1, v1beta1.').required(),
  served: s.boolean('Whether the version is served.').required(),
  storage: s.boolean('Whether objects are stored in this version; true for one.').required(),
  deprecated: s.boolean('Whether clients are warned of using it.'),
  deprecationWarning: s.string('The warning.'),
  schema: part('CustomResourceValidation', 'What the objects look like.', {
    openAPIV3Schema: jsonSchemaProps.describe('A structural schema.'),
  }),
  subresources: part('CustomResourceSubresources', 'Subresources of the objects.', {
    status: s.anyObject('If there, the status is written by its own subresource.'),
    scale,
  }),
  additionalPrinterColumns: s.listOf(column, 'Columns beside the name.').atomic(),
  selectableFields: s
    .listOf(
      part('SelectableField', 'A field that objects can be selected by.', {
        jsonPath: s.string('Where the field is.').required(),
      }),
      'Fields for field selectors.',
    )
    .atomic(),
});

const spec = part('CustomResourceDefinitionSpec', 'The resource to serve.', {
  group: s.string('The API group.').required(),
  names: names.required(),
  scope: s.string('Cluster or Namespaced.').required(),
  versions: s.listOf(version, 'The versions.').atomic().required(),
  conversion: part('CustomResourceConversion', 'How objects are converted between versions.', {
    strategy: s.string('None; Webhook is not supported.').required(),
    webhook: s.anyObject('Not supported.'),
  }),
  preserveUnknownFields: s.boolean('Must not be true.'),
});

const condition = part('CustomResourceDefinitionCondition', 'A state of the definition.', {
  type: s.string('NamesAccepted, Established or Terminating.').required(),
  status: s.string('True, False or Unknown.').required(),
  lastTransitionTime: s.time('Since when it is so.'),
  reason: s.string('Why, in one word.'),
  message: s.string('Why.'),
});

const status = part('CustomResourceDefinitionStatus', 'What became of the definition.', {
  acceptedNames: names.describe('The names under which the resource is served.'),
  conditions: s
    .listOf(condition, 'States of the definition.')
    .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
  storedVersions: s.strings('Versions in which there may be objects in the store.').atomic(),
});

/** Before validation what is required may be missing, though what is there has the right types. */
interface Unchecked {
  spec?: Partial<CustomResourceDefinitionSpec>;
  status?: CustomResourceDefinitionStatus;
}

const backend: Omit<StoredBackend<CustomResourceDefinition>, 'type'> = {
  deletionFinalizers: [CLEANUP_FINALIZER],
  setDefaults(definition: Unchecked) {
    const { spec } = definition;
    if (spec === undefined) return;
    for (const { schema } of spec.versions ?? []) readFurtherSchemas(schema?.openAPIV3Schema);
    if (spec.names?.kind) {
      spec.names.singular ||= spec.names.kind.toLowerCase();
      spec.names.listKind ||= `${spec.names.kind}List`;
    }
    spec.conversion ??= { strategy: 'None' };
  },
  prepareForCreate(definition) {
    definition.status = { acceptedNames: { plural: '', kind: '' }, conditions: [], storedVersions: [] };
    rememberStorageVersion(definition);
  },
  prepareForUpdate: rememberStorageVersion,
  prepareForDelete(definition, { now }) {
    const { status } = definition;
    if (status === undefined) return;
    const state = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending' } as const;
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
    status.conditions = setCondition(status.conditions, { ...state, message }, now);
  },
  validate: checkDefinition,
  validateUpdate: checkDefinitionUpdate,
  validateStatusUpdate: checkStoredVersions,
};

/** The kind by which others are defined. A server that has it serves what is defined (`CustomResources`). */
export const customResourceDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  kind: 'CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: s.object('Defines a further kind of object.', { spec: spec.required(), status }).schema,
  columns: [
    {
      name: 'Created At',
      type: 'date',
      description: 'When the definition was created.',
      value: ({ metadata }) => metadata.creationTimestamp ?? '',
    },
  ],
  status: true,
  // Its hooks are only ever given objects of this kind.
  backend: { type: 'stored', ...backend } as unknown as StoredBackend,
} satisfies ResourceDefinition as ResourceDefinition;

function rememberStorageVersion({ spec, status }: Unchecked): void {
  const storage = spec?.versions?.find((version) => version.storage)?.name;
  if (storage === undefined || status === undefined || status.storedVersions.includes(storage)) return;
  status.storedVersions = [...status.storedVersions, storage];
}

/**
 * Reads what may be a schema or a boolean (`additionalProperties`), which the schema of schemas cannot tell: nulls and fields
 * that nobody knows are taken away. Errors: ApiError `BadRequest` for a value of the wrong type.
 */
function readFurtherSchemas(schema: unknown): void {
  if (!isObject(schema)) return;
  const { additionalProperties } = schema;
  if (isObject(additionalProperties)) {
    const held = { value: additionalProperties };
    pruneUnknown(held, HOLDER);
    const problem = decodingError(held, HOLDER, 'JSONSchemaPropsOrBool');
    if (problem !== undefined) throw cannotBeHandled(problem);
    zeroNullItems(held, HOLDER);
    applyDefaults(held, HOLDER);
  } else if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean') {
    throw cannotBeHandled('json: additionalProperties must be a schema or a boolean');
  }
  const { properties = {}, allOf = [], anyOf = [], oneOf = [], items, not } = schema as Record<string, JsonObject[]>;
  const inner = [...Object.values(properties), ...allOf, ...anyOf, ...oneOf, items, not, additionalProperties];
  for (const child of inner) readFurtherSchemas(child);
}

const HOLDER = { type: 'object', properties: { value: jsonSchemaProps.schema } } as const;

function cannotBeHandled(problem: string) {
  const kind = 'CustomResourceDefinition';
  return badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: ${problem}`);
}
