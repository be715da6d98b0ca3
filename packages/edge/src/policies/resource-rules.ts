import type { Path } from '../yaml/decode.js';
import { isFields, type Fields, type Value } from '../yaml/value.js';
import type { PolicyFindings } from './check-template.js';
import { buildResources } from './generate-policies.js';
import { pathText } from './overlay.js';
import { takeWave, DEPLOY_WAVE } from './policy.js';
import { PolicyError } from './policy-error.js';
import { SECTIONS, type PolicyGenTemplate, type SourceFile } from './policy-gen-template.js';
import type { SourceCrs } from './source-crs.js';

/** What shows in the resources that a template makes of its source files (edge.md 4.2 to 4.4). */
export function checkResources({ spec }: PolicyGenTemplate, sources: SourceCrs, findings: PolicyFindings): void {
  const policies = new Map<string, PolicyState>();
  spec.sourceFiles.forEach((file, index) => {
    const path = ['spec', 'sourceFiles', index];
    const resources = resourcesOf(file, spec.mcp, sources, path, findings);
    for (const resource of resources) {
      checkPlaceholders(resource, path, findings);
      checkCompliance(resource, file.complianceType ?? spec.complianceType, path, findings);
    }
    if (file.policyName === '' || !spec.wrapInPolicy || resources.length === 0) return;
    const state = policies.get(file.policyName) ?? { path, objects: new Set() };
    policies.set(file.policyName, state);
    for (const resource of resources) checkInPolicy(resource, state, index, path, findings);
  });
  for (const [name, { wave, path }] of policies) {
    if (wave !== undefined) continue;
    const message = `no source file of the policy ${name} has a wave, so the rollout never applies it`;
    findings.at('PG011', path, message, `add the annotation ${DEPLOY_WAVE}`);
  }
}

interface PolicyState {
  path: Path;
  wave?: { value: string; index: number };
  objects: Set<string>;
}

function resourcesOf(
  file: SourceFile,
  mcp: string,
  sources: SourceCrs,
  path: Path,
  findings: PolicyFindings,
): Fields[] {
  try {
    const resources = buildResources(file, sources, mcp, path);
    const documents = sources.documents(file.fileName, mcp);
    if (documents.length === 0) findings.at('PG019', [...path, 'fileName'], `${file.fileName} is empty`);
    documents.forEach((document) => {
      if (isFields(document)) checkOverlay(document, file, path, findings);
    });
    return resources;
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    if (error.clash) findings.at('PG004', error.path, error.message.replace(/^[^:]*: /, ''));
    else findings.at('PG019', [...path, 'fileName'], error.message);
    return [];
  }
}

/** Where an overlay does not do what it looks like. */
function checkOverlay(document: Fields, file: SourceFile, path: Path, findings: PolicyFindings): void {
  for (const section of SECTIONS) {
    const overlay = file[section];
    if (overlay !== undefined) compare(document[section] ?? null, overlay, [...path, section], findings);
  }
}

function compare(base: Value, overlay: Value, path: Path, findings: PolicyFindings): void {
  if (overlay === null) {
    findings.at(
      'PG005',
      path,
      'null does not take the value of the source file away',
      'give the value that is to be there',
    );
    return;
  }
  if (isFields(base) && isFields(overlay)) {
    for (const [key, value] of Object.entries(overlay)) compare(base[key] ?? null, value, [...path, key], findings);
    return;
  }
  if (!Array.isArray(base) || !Array.isArray(overlay) || !isFields(base[0])) return;
  if (overlay.length < base.length) {
    const message = `lists of maps are merged by index: items ${overlay.length} to ${base.length - 1} of the source file stay`;
    findings.at('PG006', path, message, 'give all items, or use a source file with fewer');
  }
  overlay.forEach((item, index) => compare(base[index] ?? null, item, [...path, index], findings));
}

/** A string that is nothing but a placeholder, or has that of the machine config pool in it. */
const PLACEHOLDER = /^\$[A-Za-z_][\w-]*$|\$mcp\b/;

function checkPlaceholders(resource: Fields, path: Path, findings: PolicyFindings): void {
  const left = placeholdersIn(resource, []);
  if (left.length === 0) return;
  const fix = left.some((text) => text.endsWith('$mcp'))
    ? 'set mcp of the template'
    : 'give these values in the template';
  findings.at('PG007', [...path, 'fileName'], `placeholders are left: ${left.join(', ')}`, fix);
}

function placeholdersIn(value: Value, path: Path): string[] {
  if (typeof value === 'string') return PLACEHOLDER.test(value) ? [`${pathText(path)} = ${value}`] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => placeholdersIn(item, [...path, index]));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => placeholdersIn(item, [...path, key]));
}

function checkCompliance(
  { apiVersion, kind }: Fields,
  complianceType: string,
  path: Path,
  findings: PolicyFindings,
): void {
  if (complianceType.toLowerCase() !== 'mustonlyhave') return;
  if (typeof apiVersion !== 'string' || !/^(?:\w+\.)?operator\.openshift\.io\//.test(apiVersion)) return;
  const message = `the operator writes fields of ${textOf(kind)} that mustonlyhave takes away again`;
  findings.at('PG018', [...path, 'complianceType'], message, 'use musthave');
}

function checkInPolicy(
  resource: Fields,
  state: PolicyState,
  index: number,
  path: Path,
  findings: PolicyFindings,
): void {
  const { wave } = takeWave(resource);
  const at = [...path, 'metadata', 'annotations', DEPLOY_WAVE];
  if (wave !== undefined) {
    if (!/^[+-]?\d+$/.test(wave)) {
      findings.at(
        'PG010',
        at,
        `the wave ${JSON.stringify(wave)} is no integer`,
        'write an integer in quotes, such as "10"',
      );
    }
    if (state.wave === undefined) state.wave = { value: wave, index };
    else if (state.wave.value !== wave) {
      const first = `spec.sourceFiles[${state.wave.index}] has wave ${state.wave.value}`;
      findings.at('PG012', at, `this source file has wave ${wave}, ${first}`, 'use one wave, or two policies');
    }
  }
  const { metadata, kind, apiVersion } = resource;
  const { name, namespace } = isFields(metadata) ? metadata : { name: null, namespace: null };
  const identity = JSON.stringify([apiVersion, kind, namespace ?? null, name ?? null]);
  if (state.objects.has(identity)) findings.at('PG022', path, `the policy has ${textOf(kind)} ${textOf(name)} already`);
  state.objects.add(identity);
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : 'an object without name';
}
