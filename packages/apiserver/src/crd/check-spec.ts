import {
  checkDns1035Label,
  checkDnsSubdomain,
  isConditionTrue,
  jsonEqual,
  type Schema,
  type StatusCause,
} from '@longshore/kube';
import {
  firstOf,
  forbiddenField,
  invalidValue,
  MAX_CAUSES,
  requiredValue,
  unsupportedValue,
} from '../schema/field-error.js';
import { isTooDeep } from '../schema/json.js';
import { checkDefaults } from './check-defaults.js';
import { checkColumn, checkScale, checkSelectableFields } from './check-presentation.js';
import { checkSchema } from './check-schema.js';
import { checkStructural } from './check-structural.js';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceNames,
  CustomResourceVersion,
} from './custom-resource-definition.js';

/** The problems of a definition (apiextensions, `ValidateCustomResourceDefinition`), and what this server does not serve. */
export function checkDefinition(definition: CustomResourceDefinition): StatusCause[] {
  const { metadata, spec } = definition;
  const causes: StatusCause[] = [];
  if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
    causes.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  return [
    ...causes,
    ...checkGroup(spec.group),
    ...checkScope(spec.scope),
    ...firstOf(MAX_CAUSES, checkVersions(spec)),
    ...(['plural', 'kind'] as const).flatMap((field) =>
      spec.names[field] ? [] : [requiredValue(`spec.names.${field}`)],
    ),
    ...checkNames('spec.names', spec.names),
    ...checkConversion(spec),
    ...checkApproval(definition),
    ...checkPreserveUnknownFields(spec),
  ];
}

function checkGroup(group: string): StatusCause[] {
  const problems = checkDnsSubdomain(group);
  if (problems.length > 0) return [invalidValue('spec.group', group, problems.join(','))];
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

function checkScope(scope: string): StatusCause[] {
  const scopes = ['Cluster', 'Namespaced'];
  return scopes.includes(scope) ? [] : [unsupportedValue('spec.scope', scope, scopes)];
}

function checkNames(path: string, names: CustomResourceNames): StatusCause[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names;
  const label = (field: string, name: string | undefined): StatusCause[] => {
    const problems = name ? checkDns1035Label(name) : [];
    return problems.length === 0 ? [] : [invalidValue(`${path}.${field}`, name, problems.join(','))];
  };
  const mixedCase = (field: string, name: string | undefined): StatusCause[] => {
    const problems = name ? checkDns1035Label(name.toLowerCase()) : [];
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    return problems.length === 0 ? [] : [invalidValue(`${path}.${field}`, name, detail)];
  };
  const isAmbiguous = kind !== '' && kind === listKind;
  return [
    ...label('plural', plural),
    ...label('singular', singular),
    ...mixedCase('kind', kind),
    ...mixedCase('listKind', listKind),
    ...shortNames.flatMap((name, at) => label(`shortNames[${at}]`, name)),
    ...(isAmbiguous ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')] : []),
    ...categories.flatMap((name, at) => label(`categories[${at}]`, name)),
  ];
}

/**
 * Kubernetes tells what all versions have in common by the field that it had in older versions of the definition:
 * `spec.validation`, `spec.subresources`.
 */
function pathsOf(
  versions: readonly CustomResourceVersion[],
  field: keyof CustomResourceVersion,
  common: string,
): string[] {
  const [first] = versions;
  const isCommon = versions.every((version) => jsonEqual(version[field], first?.[field]));
  return versions.map((_, at) => (isCommon ? `spec.${common}` : `spec.versions[${at}].${field}`));
}

function* checkVersions({ versions }: CustomResourceDefinitionSpec): Generator<StatusCause> {
  const problem = (detail: string) => invalidValue('spec.versions', versions, detail);
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    yield problem('must contain unique version names');
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    yield problem('must have exactly one version marked as storage version');
  }
  if (versions.filter(({ served }) => served).length > 1) {
    const detail = 'this server serves one version of a custom resource: set served to false in the others';
    yield forbiddenField('spec.versions', detail);
  }
  const paths = {
    schema: pathsOf(versions, 'schema', 'validation'),
    subresources: pathsOf(versions, 'subresources', 'subresources'),
    columns: pathsOf(versions, 'additionalPrinterColumns', 'additionalPrinterColumns'),
    selectable: pathsOf(versions, 'selectableFields', 'selectableFields'),
  };
  const told = new Set<string>();
  for (const [at, version] of versions.entries()) {
    const ofVersion = checkVersion(version, {
      version: `spec.versions[${at}]`,
      schema: `${paths.schema[at]}.openAPIV3Schema`,
      scale: `${paths.subresources[at]}.scale`,
      columns: paths.columns[at] ?? '',
      selectable: paths.selectable[at] ?? '',
    });
    for (const cause of ofVersion) {
      // What versions have in common is told once.
      const text = JSON.stringify(cause);
      if (!told.has(text)) yield cause;
      told.add(text);
    }
  }
}

type VersionPaths = Record<'version' | 'schema' | 'scale' | 'columns' | 'selectable', string>;

function* checkVersion(version: CustomResourceVersion, paths: VersionPaths): Generator<StatusCause> {
  const { name, schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const problems = checkDns1035Label(name);
  if (problems.length > 0) yield invalidValue(`${paths.version}.name`, name, problems.join(','));
  yield* checkDeprecation(paths.version, version);
  const document = schema?.openAPIV3Schema;
  if (document === undefined) {
    yield requiredValue(`${paths.version}.schema.openAPIV3Schema`, 'schemas are required');
  } else {
    yield* checkVersionSchema(paths.schema, document, subresources?.status !== undefined);
    yield* checkSelectableFields(paths.selectable, selectableFields, document);
  }
  if (subresources?.scale) yield* checkScale(paths.scale, subresources.scale);
  for (const [at, column] of additionalPrinterColumns.entries()) yield* checkColumn(`${paths.columns}[${at}]`, column);
}

function checkDeprecation(path: string, { deprecated, deprecationWarning }: CustomResourceVersion): StatusCause[] {
  if (deprecationWarning === undefined) return [];
  const problem = (detail: string) => [invalidValue(`${path}.deprecationWarning`, deprecationWarning, detail)];
  if (!deprecated) return problem('can only be set for deprecated versions');
  if (deprecationWarning === '') return problem('must not be an empty string');
  if (Buffer.byteLength(deprecationWarning) > 256) return problem('must be <= 256 characters long');
  const strange = deprecationWarning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (strange < 0) return [];
  return problem(`must only contain printable UTF-8 characters; non-printable character found at index ${strange}`);
}

/** What may stand at the root where there is a status subresource, by the names that Kubernetes' message gives them. */
const ROOT_KEYWORDS: Readonly<Record<string, string>> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

function* checkVersionSchema(path: string, schema: Schema, hasStatus: boolean): Generator<StatusCause> {
  if (isTooDeep(schema)) {
    yield forbiddenField(path, 'the schema is nested too deep');
    return;
  }
  if (hasStatus && Object.keys(schema).some((keyword) => !Object.hasOwn(ROOT_KEYWORDS, keyword))) {
    const allowed = Object.values(ROOT_KEYWORDS).join(' ');
    const detail = `only [${allowed}] fields are allowed at the root of the schema if the status subresource is enabled`;
    yield invalidValue(path, schema, detail);
  }
  if (schema.nullable) yield forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root');
  const structural = checkStructural({ path, schema });
  yield* structural.length > 0 ? structural : checkDefaults({ path, schema });
  yield* checkSchema({ path, schema });
}

function checkConversion({ conversion }: CustomResourceDefinitionSpec): StatusCause[] {
  if (conversion === undefined) return [];
  const path = 'spec.conversion';
  const { strategy, webhook } = conversion;
  if (strategy === 'Webhook') {
    const detail = 'this server converts nothing, as it serves one version: use None';
    return [forbiddenField(`${path}.strategy`, detail)];
  }
  if (strategy !== 'None') return [unsupportedValue(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  if (webhook === undefined) return [];
  return [forbiddenField(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')];
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups of Kubernetes itself need a word that somebody allowed it. */
function checkApproval({ metadata, spec }: CustomResourceDefinition): StatusCause[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return [];
  const field = `metadata.annotations[${APPROVED}]`;
  const rule = `protected groups must have approval annotation "${APPROVED}"`;
  const more = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const value = metadata.annotations?.[APPROVED];
  if (!value) return [requiredValue(field, `${rule}, ${more}`)];
  if (value.startsWith('unapproved') || (URL.canParse(value) && new URL(value).host !== '')) return [];
  return [invalidValue(field, value, `${rule} with either a URL or a reason starting with "unapproved", ${more}`)];
}

function checkPreserveUnknownFields({ preserveUnknownFields }: CustomResourceDefinitionSpec): StatusCause[] {
  if (!preserveUnknownFields) return [];
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalidValue('spec.preserveUnknownFields', true, detail)];
}

/** What a change of a definition must leave alone, beside {@link checkDefinition}. */
export function checkDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): StatusCause[] {
  const { spec } = definition;
  const immutable = (field: string, value: unknown, before: unknown): StatusCause[] =>
    value === before ? [] : [invalidValue(`spec.${field}`, value, 'field is immutable')];
  const isEstablished = isConditionTrue(old.status?.conditions, 'Established');
  return [
    ...(isEstablished ? immutable('scope', spec.scope, old.spec.scope) : []),
    ...(isEstablished ? immutable('names.kind', spec.names.kind, old.spec.names.kind) : []),
    ...immutable('group', spec.group, old.spec.group),
    ...immutable('names.plural', spec.names.plural, old.spec.names.plural),
    ...checkStoredVersions(definition),
  ];
}

export function checkStoredVersions({ spec, status }: CustomResourceDefinition): StatusCause[] {
  const path = 'status.storedVersions';
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [invalidValue(path, stored, 'must have at least one stored version')];
  const causes: StatusCause[] = [];
  for (const { name, storage } of spec.versions) {
    if (storage && !stored.includes(name)) {
      causes.push(invalidValue(path, stored, `must have the storage version ${name}`));
    }
  }
  for (const [at, name] of stored.entries()) {
    if (spec.versions.some((version) => version.name === name)) continue;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    causes.push(invalidValue(`${path}[${at}]`, name, detail));
  }
  return causes;
}
