import { DEPLOY_WAVE } from '../policies/policy.js';
import type { Intent } from './intent.js';
import type { RegistryPart } from './registry-storage.js';

/** One entry of a PolicyGenTemplate's `sourceFiles`. */
interface SourceFileEntry {
  fileName: string;
  policyName: string;
  complianceType?: string;
  metadata?: object;
  spec?: object;
}

/** The entry that makes a part's policy out of its source CR. */
export function sourceFileEntry({ fileName, policyName, wave, writesWave, overlay }: RegistryPart): SourceFileEntry {
  const annotations = writesWave ? { annotations: { [DEPLOY_WAVE]: String(wave) } } : {};
  const metadata = { ...overlay.metadata, ...annotations };
  return {
    fileName,
    policyName,
    ...(overlay.complianceType === undefined ? {} : { complianceType: overlay.complianceType }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(overlay.spec === undefined ? {} : { spec: overlay.spec }),
  };
}

/** The PolicyGenTemplate of the registry (edge.md 4.1). */
export function policyGenTemplate(intent: Intent, parts: readonly RegistryPart[]): object {
  return {
    apiVersion: 'ran.openshift.io/v1',
    kind: 'PolicyGenTemplate',
    metadata: { name: intent.policyName, namespace: intent.namespace },
    spec: { bindingRules: intent.bindingRules, mcp: 'master', sourceFiles: parts.map(sourceFileEntry) },
  };
}

/** Folder of the manifests that the PolicyGenerator names, beside it. */
const MANIFESTS = 'image-registry';

/** The file of a part's whole object, relative to the PolicyGenerator. */
export function manifestPath({ fileName }: RegistryPart): string {
  return `${MANIFESTS}/${fileName}`;
}

/** The same policies for ACM's generator, which derives no waves and lays nothing over lists (edge.md 4.6). */
export function policyGenerator(intent: Intent, parts: readonly RegistryPart[]): object {
  const { policyName, namespace, bindingRules } = intent;
  return {
    apiVersion: 'policy.open-cluster-management.io/v1',
    kind: 'PolicyGenerator',
    metadata: { name: policyName },
    placementBindingDefaults: { name: `${policyName}-placement-binding` },
    policyDefaults: {
      namespace,
      remediationAction: 'inform',
      complianceType: 'musthave',
      evaluationInterval: { compliant: '10m', noncompliant: '10s' },
      placement: { labelSelector: { matchExpressions: placement(bindingRules) }, name: `${policyName}-placement` },
    },
    policies: parts.map((part) => ({
      name: `${policyName}-${part.policyName}`,
      policyAnnotations: { [DEPLOY_WAVE]: String(part.wave) },
      manifests: [{ path: manifestPath(part) }],
    })),
  };
}

/** Binding rules as a selector: an empty value asks for the label only, commas stand between allowed values. */
function placement(rules: Record<string, string>): object[] {
  return Object.keys(rules)
    .sort()
    .map((key) => {
      const value = rules[key] ?? '';
      return value === '' ? { key, operator: 'Exists' } : { key, operator: 'In', values: value.split(',') };
    });
}
