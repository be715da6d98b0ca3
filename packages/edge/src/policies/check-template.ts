import { nodeAt } from '../diagnostics/tree.js';
import { Findings } from '../generators/findings.js';
import { Decoder, type Path } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import { checkBinding } from './binding-rules.js';
import { intervalProblem } from './duration.js';
import { generatePolicies } from './generate-policies.js';
import { PolicyError } from './policy-error.js';
import { policyGenTemplate, type PolicyGenTemplate, type SourceFile } from './policy-gen-template.js';
import { POLICY_RULES, type PolicyRuleId } from './policy-rules.js';
import { checkResources } from './resource-rules.js';
import type { SourceCrs } from './source-crs.js';

export type PolicyFindings = Findings<PolicyRuleId>;

/** A PolicyGenTemplate as far as it could be read, and all that is wrong with it. */
interface CheckedTemplate {
  template: PolicyGenTemplate | undefined;
  findings: PolicyFindings;
}

/** Reads a PolicyGenTemplate and tells everything that is wrong with it, at once and with places (edge.md 4). Never throws. */
export function checkTemplate(file: string, text: string, sources: SourceCrs): CheckedTemplate {
  const findings: PolicyFindings = new Findings(file, text, POLICY_RULES);
  const source = new YamlSource(text);
  for (const span of findings.further) {
    findings.span(
      'PG017',
      span,
      '',
      'only the first document of a file is read',
      'put each template into a file of its own',
    );
  }
  const decoder = new Decoder({ lenient: true });
  const template = findings.attempt('PG001', () => {
    const root = readFirstDocument(source);
    return root === undefined ? undefined : decoder.read(policyGenTemplate, root);
  });
  if (template === undefined && !findings.hasErrors && decoder.issues.length === 0) {
    findings.at('PG001', [], 'the file has no document');
  }
  findings.issues(decoder.issues, { type: 'PG002', duplicate: 'PG002', unknown: 'PG003', rule: 'PG002' });
  if (template !== undefined) checkContent(template, sources, findings);
  return { template, findings };
}

function checkContent(template: PolicyGenTemplate, sources: SourceCrs, findings: PolicyFindings): void {
  const { kind, metadata, spec } = template;
  if (kind !== 'PolicyGenTemplate') {
    findings.at('PG001', ['kind'], `kind is ${JSON.stringify(kind)}, expected PolicyGenTemplate`);
    return;
  }
  checkName(metadata.name, ['metadata', 'name'], findings);
  checkName(metadata.namespace, ['metadata', 'namespace'], findings);
  if (nodeAt(findings.root, 'spec') === undefined) {
    findings.at('PG002', [], 'spec is missing');
    return;
  }
  checkCompliance(spec.complianceType, ['spec', 'complianceType'], findings);
  checkRemediation(spec.remediationAction, ['spec', 'remediationAction'], findings);
  checkInterval(spec.evaluationInterval, ['spec', 'evaluationInterval'], findings);
  spec.sourceFiles.forEach((file, index) => checkSourceFile(file, ['spec', 'sourceFiles', index], findings));
  checkPolicyNames(template, findings);
  checkBinding(template, findings);
  checkResources(template, sources, findings);
  if (!findings.hasErrors) checkWhole(template, sources, findings);
}

/** What only shows when everything is put together. */
function checkWhole(template: PolicyGenTemplate, sources: SourceCrs, findings: PolicyFindings): void {
  try {
    generatePolicies(template, sources);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    findings.at('PG023', error.path, error.message);
  }
}

function checkSourceFile(file: SourceFile, path: Path, findings: PolicyFindings): void {
  if (file.fileName === '') findings.at('PG019', path, 'fileName is missing');
  if (file.complianceType !== undefined) checkCompliance(file.complianceType, [...path, 'complianceType'], findings);
  if (file.remediationAction !== undefined)
    checkRemediation(file.remediationAction, [...path, 'remediationAction'], findings);
  checkInterval(file.evaluationInterval, [...path, 'evaluationInterval'], findings);
}

const COMPLIANCE_TYPES = ['musthave', 'mustonlyhave', 'mustnothave'];
const REMEDIATION_ACTIONS = ['inform', 'enforce'];

function checkCompliance(value: string, path: Path, findings: PolicyFindings): void {
  if (COMPLIANCE_TYPES.includes(value.toLowerCase())) return;
  findings.at('PG008', path, `unknown value ${JSON.stringify(value)}`, `one of ${COMPLIANCE_TYPES.join(', ')}`);
}

function checkRemediation(value: string, path: Path, findings: PolicyFindings): void {
  if (REMEDIATION_ACTIONS.includes(value.toLowerCase())) return;
  findings.at('PG009', path, `unknown value ${JSON.stringify(value)}`, `one of ${REMEDIATION_ACTIONS.join(', ')}`);
}

function checkInterval(
  interval: { compliant?: string | undefined; noncompliant?: string | undefined },
  path: Path,
  findings: PolicyFindings,
): void {
  for (const state of ['compliant', 'noncompliant'] as const) {
    const given = interval[state];
    if (given === undefined || intervalProblem(given) === undefined) continue;
    const message = `${JSON.stringify(given)} is no duration`;
    findings.at('PG020', [...path, state], message, 'write a duration such as 1h30m, or never, or watch');
  }
}

function checkName(name: string, path: Path, findings: PolicyFindings): void {
  const field = path.at(-1);
  if (name === '') findings.at('PG016', path, `${field} is missing`);
  else if (!/^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/.test(name)) {
    findings.at(
      'PG016',
      path,
      `${JSON.stringify(name)} is no DNS name: a-z, 0-9, - and . only, at its ends a-z and 0-9`,
    );
  }
}

const PLACEMENTS = ['placementrules', 'placementbinding'];

function checkPolicyNames({ metadata, spec }: PolicyGenTemplate, findings: PolicyFindings): void {
  const byCase = new Map<string, string>();
  spec.sourceFiles.forEach(({ policyName }, index) => {
    if (policyName === '') return;
    const path = ['spec', 'sourceFiles', index, 'policyName'];
    const other = byCase.get(policyName.toLowerCase());
    if (other === policyName) return;
    byCase.set(policyName.toLowerCase(), policyName);
    if (other === undefined) checkName(policyName, path, findings);
    else findings.at('PG016', path, `there is the policy ${other}, too, which differs by case only`);
    if (PLACEMENTS.includes(policyName)) findings.at('PG021', path, `the policy gets the file of the ${policyName}`);
    const whole = `${metadata.namespace}.${metadata.name}-${policyName}`;
    if (whole.length > 63)
      findings.at('PG015', path, `${whole} has ${whole.length} characters, at most 63 are possible`);
  });
}
