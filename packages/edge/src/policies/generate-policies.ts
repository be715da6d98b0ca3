import { posix } from 'node:path';
import type { GeneratedObject } from '../generators/generator-output.js';
import type { Path } from '../yaml/decode.js';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import { intervalProblem } from './duration.js';
import { layOver } from './overlay.js';
import { checkNameLength, placementBinding, placementRule } from './placement.js';
import { addObject, policyObject, type Policy } from './policy.js';
import { PolicyError } from './policy-error.js';
import {
  SECTIONS,
  type EvaluationInterval,
  type Metadata,
  type PolicyGenTemplate,
  type SourceFile,
} from './policy-gen-template.js';
import { SourceFileError, type SourceCrs } from './source-crs.js';

/**
 * Makes the policies, the placement rule and the binding of a template, or the plain resources of source files without policy
 * (edge.md 4.3), in the order of the source files. Throws PolicyError.
 */
export function generatePolicies(template: PolicyGenTemplate, sources: SourceCrs): GeneratedObject[] {
  const { metadata, spec } = template;
  if (metadata.name === '' || metadata.namespace === '') {
    throw new PolicyError('PolicyGenTemplate Metadata.Name & Metadata.Namespace must be defined', ['metadata']);
  }
  const policies = new Map<string, Policy>();
  const plain = new Map<string, Value[]>();
  spec.sourceFiles.forEach((file, index) => {
    const path = ['spec', 'sourceFiles', index];
    withPath(path, () => {
      const resources = buildResources(file, sources, spec.mcp, path);
      if (file.policyName === '' || !spec.wrapInPolicy) plain.set(plainPath(metadata.name, file, resources), resources);
      else addToPolicy(template, file, resources, policies);
    });
  });
  const files = [...policies.values()].map((policy) => fileOf(metadata.name, policy.name, policyObject(policy)));
  const customResources = [...plain].map(([path, documents]) => ({ path, documents, marked: true }));
  return [...customResources, ...files, ...placementFiles(template, [...policies.keys()])];
}

/** Errors of one source file point at it unless they know better. */
function withPath(path: Path, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof PolicyError) || error.path.length > 0) throw error;
    throw new PolicyError(error.message, path, error.clash);
  }
}

function fileOf(folder: string, name: string, value: Value): GeneratedObject {
  return { path: `${folder}/${name}.yaml`, documents: [value], marked: false };
}

function placementFiles({ metadata, spec }: PolicyGenTemplate, policies: string[]): GeneratedObject[] {
  if (policies.length === 0) return [];
  const { name, namespace } = metadata;
  const rule = placementRule({ ...spec, name, namespace });
  checkNameLength(namespace, `${name}-placementrules`);
  checkNameLength(namespace, `${name}-placementbinding`);
  return [
    fileOf(name, `${name}-placementrules`, rule),
    fileOf(name, `${name}-placementbinding`, placementBinding(name, namespace, policies)),
  ];
}

/** The resources of a source file with the template's values laid over them. */
export function buildResources(file: SourceFile, sources: SourceCrs, mcp: string, path: Path): Fields[] {
  const failed = (reason: string) =>
    new PolicyError(`Failed to process the source file ${file.fileName}: ${reason}`, path);
  const documents = readSource(file.fileName, sources, mcp, failed);
  const changesSections = (['spec', 'data', 'status'] as const).some(
    (section) => Object.keys(file[section] ?? {}).length > 0,
  );
  if (documents.length > 1 && changesSections) {
    throw failed(
      `Updating spec/data/status of multiple yamls structure in same file ${file.fileName} is not allowed. ` +
        'Instead separate them in multiple files',
    );
  }
  return documents.map((document) => {
    if (!isFields(document)) {
      const kind = Array.isArray(document) ? '!!seq' : '!!str';
      throw failed(`yaml: unmarshal errors:\n  line 1: cannot unmarshal ${kind} into map[string]interface {}`);
    }
    if (document.metadata === undefined || document.metadata === null) {
      throw failed('All source files must have the "metadata" field set');
    }
    return overlaid(document, file, path);
  });
}

function readSource(
  fileName: string,
  sources: SourceCrs,
  mcp: string,
  unparsable: (reason: string) => PolicyError,
): readonly Value[] {
  try {
    return sources.documents(fileName, mcp);
  } catch (error) {
    if (error instanceof SourceFileError) throw unparsable(error.message);
    throw new PolicyError(error instanceof Error ? error.message : String(error));
  }
}

function overlaid(document: Fields, file: SourceFile, path: Path): Fields {
  const result = fields(Object.entries(document));
  result.metadata = overlaidMetadata(document.metadata ?? null, file.metadata, [...path, 'metadata']);
  for (const section of SECTIONS) {
    const given = file[section];
    const base = result[section] ?? (given === undefined ? null : fields());
    if (base === null) continue;
    if (!isFields(base)) throw new PolicyError(`${section} of the source file is no map`, [...path, 'fileName'], true);
    result[section] = layOver(base, given, [...path, section]);
  }
  return result;
}

function overlaidMetadata(base: Value, overlay: Metadata, path: Path): Fields {
  if (!isFields(base)) throw new PolicyError('metadata of the source file is no map', path, true);
  const metadata = fields(Object.entries(base));
  if (overlay.name !== '') metadata.name = overlay.name;
  if (overlay.namespace !== '') metadata.namespace = overlay.namespace;
  for (const key of ['labels', 'annotations'] as const) {
    if (Object.keys(overlay[key]).length === 0) continue;
    const source = metadata[key] ?? fields();
    if (!isFields(source)) throw new PolicyError(`metadata.${key} of the source file is no map`, [...path, key], true);
    metadata[key] = layOver(source, overlay[key], [...path, key]);
  }
  return metadata;
}

function plainPath(template: string, file: SourceFile, resources: Fields[]): string {
  const folder = `customResource/${template}`;
  if (resources.length > 1) {
    const extension = posix.extname(file.fileName);
    return posix.join(folder, `Multiple-${file.fileName.slice(0, file.fileName.length - extension.length)}.yaml`);
  }
  const [resource] = resources;
  const metadata = resource?.metadata;
  if (resource === undefined) throw new PolicyError(`the source file ${file.fileName} is empty`, [], true);
  if (typeof resource.kind !== 'string' || !isFields(metadata) || typeof metadata.name !== 'string') {
    throw new PolicyError(
      `the source file ${file.fileName} lacks kind or metadata.name, which name the output file`,
      [],
      true,
    );
  }
  const namespace = typeof metadata.namespace === 'string' ? [metadata.namespace] : [];
  return posix.join(folder, `${[resource.kind, metadata.name, ...namespace].join('-')}.yaml`);
}

function addToPolicy(
  template: PolicyGenTemplate,
  file: SourceFile,
  resources: Fields[],
  policies: Map<string, Policy>,
): void {
  const { metadata, spec } = template;
  const name = `${metadata.name}-${file.policyName}`;
  const existing = policies.get(name);
  if (existing === undefined) checkNameLength(metadata.namespace, name);
  const policy = existing ?? newPolicy(name, template);
  // The spelling is the reference's.
  if (existing?.objects.length === 0) throw new PolicyError(`Mising Object template in the ${name}`);
  for (const resource of resources) {
    addObject(policy, resource, file.complianceType ?? spec.complianceType, file.fileName);
  }
  setRemediation(policy, file, spec.remediationAction, existing !== undefined);
  for (const state of existing === undefined ? INTERVALS : [])
    checkInterval('Spec', state, spec.evaluationInterval[state]);
  for (const state of INTERVALS) setInterval(policy, state, file, spec.evaluationInterval, existing !== undefined);
  policies.set(name, policy);
}

function newPolicy(name: string, { metadata, spec }: PolicyGenTemplate): Policy {
  return {
    name,
    namespace: metadata.namespace,
    wave: undefined,
    remediationAction: spec.remediationAction,
    evaluationInterval: { ...spec.evaluationInterval },
    objects: [],
  };
}

const INTERVALS = ['compliant', 'noncompliant'] as const;

/** A later source file may change what the template gave, but not what another source file gave. */
function setRemediation(policy: Policy, file: SourceFile, fromTemplate: string, later: boolean): void {
  const { remediationAction } = file;
  if (remediationAction === undefined) return;
  if (later && remediationAction !== policy.remediationAction && policy.remediationAction !== fromTemplate) {
    throw new PolicyError(`remediationAction conflict for policyName ${file.policyName}`);
  }
  policy.remediationAction = remediationAction;
}

function setInterval(
  policy: Policy,
  state: keyof EvaluationInterval,
  file: SourceFile,
  fromTemplate: EvaluationInterval,
  later: boolean,
): void {
  const given = file.evaluationInterval[state];
  if (given === undefined) return;
  checkInterval(file.fileName, state, given);
  const current = policy.evaluationInterval[state];
  if (later && given !== current && current !== fromTemplate[state]) {
    const label = state === 'compliant' ? 'Compliant' : 'NonCompliant';
    throw new PolicyError(
      `${label} EvaluationInterval '${given}' conflict with '${current}' already configured for policyName ${file.policyName}`,
    );
  }
  policy.evaluationInterval[state] = given;
}

function checkInterval(owner: string, state: keyof EvaluationInterval, given: string): void {
  const problem = intervalProblem(given);
  if (problem !== undefined) throw new PolicyError(`${owner}: evaluationInterval.${state} '${problem}'`);
}
