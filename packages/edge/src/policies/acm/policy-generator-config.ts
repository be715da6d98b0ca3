import { dictionary, flag, list, object, optional, record, text, type Shape } from '../../yaml/decode.js';
import type { Fields } from '../../yaml/value.js';

export interface Dependency {
  name: string;
  namespace: string | undefined;
  compliance: string | undefined;
  kind: string | undefined;
  apiVersion: string | undefined;
}

/** What a ConfigurationPolicy may be told: at the defaults, a policy, or a manifest. Undefined: not given. */
export interface ManifestOptions {
  complianceType: string | undefined;
  metadataComplianceType: string | undefined;
  remediationAction: string | undefined;
  severity: string | undefined;
  evaluationInterval: { compliant: string | undefined; noncompliant: string | undefined } | undefined;
  namespaceSelector: Fields | undefined;
  objectSelector: Fields | undefined;
  pruneObjectBehavior: string | undefined;
  recreateOption: string | undefined;
  recordDiff: string | undefined;
  customMessage: Fields | undefined;
  extraDependencies: Dependency[] | undefined;
  ignorePending: boolean | undefined;
}

export interface PlacementOptions {
  labelSelector: Fields | undefined;
  placementPath: string | undefined;
  placementName: string | undefined;
  name: string | undefined;
}

/** What a Policy may be told: at the defaults or at the policy itself. */
interface PolicyOptions extends ManifestOptions {
  description: string | undefined;
  categories: string[] | undefined;
  controls: string[] | undefined;
  standards: string[] | undefined;
  disabled: boolean | undefined;
  consolidateManifests: boolean | undefined;
  orderManifests: boolean | undefined;
  dependencies: Dependency[] | undefined;
  copyPolicyMetadata: boolean | undefined;
  hubTemplateOptions: { serviceAccountName: string } | undefined;
  policyAnnotations: Record<string, string> | undefined;
  policyLabels: Record<string, string> | undefined;
  configurationPolicyAnnotations: Record<string, string> | undefined;
  policySets: string[] | undefined;
  generatePolicyPlacement: boolean | undefined;
  generatePlacementWhenInSet: boolean | undefined;
  informKyvernoPolicies: boolean | undefined;
  informGatekeeperPolicies: boolean | undefined;
  placement: PlacementOptions | undefined;
}

export interface ManifestConfig extends ManifestOptions {
  path: string;
  name: string | undefined;
  patches: Fields[] | undefined;
  openapi: { path: string } | undefined;
}

export interface PolicyConfig extends PolicyOptions {
  name: string;
  manifests: ManifestConfig[];
}

export interface PolicySetConfig {
  name: string;
  description: string | undefined;
  policies: string[];
  placement: PlacementOptions | undefined;
  generatePolicySetPlacement: boolean | undefined;
}

export interface PolicyDefaults extends PolicyOptions {
  namespace: string;
  orderPolicies: boolean | undefined;
}

/** `policy.open-cluster-management.io/v1` PolicyGenerator (edge.md 4.6). */
export interface PolicyGenerator {
  apiVersion: string;
  kind: string;
  metadata: Fields;
  placementBindingDefaults: { name: string };
  policyDefaults: PolicyDefaults;
  policySetDefaults: { placement: PlacementOptions | undefined; generatePolicySetPlacement: boolean | undefined };
  policies: PolicyConfig[];
  policySets: PolicySetConfig[];
}

const texts = optional(list(text));
const dependencies = optional(
  list(
    object<Dependency>('Dependency', {
      name: text,
      namespace: optional(text),
      compliance: optional(text),
      kind: optional(text),
      apiVersion: optional(text),
    }),
  ),
);

const interval = object<NonNullable<ManifestOptions['evaluationInterval']>>('EvaluationInterval', {
  compliant: optional(text),
  noncompliant: optional(text),
});

const manifestOptions = {
  complianceType: optional(text),
  metadataComplianceType: optional(text),
  remediationAction: optional(text),
  severity: optional(text),
  evaluationInterval: optional(interval),
  namespaceSelector: optional(record),
  objectSelector: optional(record),
  pruneObjectBehavior: optional(text),
  recreateOption: optional(text),
  recordDiff: optional(text),
  customMessage: optional(record),
  extraDependencies: dependencies,
  ignorePending: optional(flag),
};

const placement = optional(
  object<PlacementOptions>('PlacementConfig', {
    labelSelector: optional(record),
    placementPath: optional(text),
    placementName: optional(text),
    name: optional(text),
  }),
);

const policyOptions = {
  ...manifestOptions,
  description: optional(text),
  categories: texts,
  controls: texts,
  standards: texts,
  disabled: optional(flag),
  consolidateManifests: optional(flag),
  orderManifests: optional(flag),
  dependencies,
  copyPolicyMetadata: optional(flag),
  hubTemplateOptions: optional(
    object<{ serviceAccountName: string }>('HubTemplateOptions', { serviceAccountName: text }),
  ),
  policyAnnotations: optional(dictionary(text)),
  policyLabels: optional(dictionary(text)),
  configurationPolicyAnnotations: optional(dictionary(text)),
  policySets: texts,
  generatePolicyPlacement: optional(flag),
  generatePlacementWhenInSet: optional(flag),
  informKyvernoPolicies: optional(flag),
  informGatekeeperPolicies: optional(flag),
  placement,
};

const manifest: Shape<ManifestConfig> = object<ManifestConfig>('Manifest', {
  ...manifestOptions,
  path: text,
  name: optional(text),
  patches: optional(list(record)),
  openapi: optional(object<{ path: string }>('Filepath', { path: text })),
});

/** How a PolicyGenerator is read. */
export const policyGenerator: Shape<PolicyGenerator> = object<PolicyGenerator>('PolicyGenerator', {
  apiVersion: text,
  kind: text,
  metadata: record,
  placementBindingDefaults: object<{ name: string }>('PlacementBindingDefaults', { name: text }),
  policyDefaults: object<PolicyDefaults>('PolicyDefaults', {
    ...policyOptions,
    namespace: text,
    orderPolicies: optional(flag),
  }),
  policySetDefaults: object<PolicyGenerator['policySetDefaults']>('PolicySetDefaults', {
    placement,
    generatePolicySetPlacement: optional(flag),
  }),
  policies: list(object<PolicyConfig>('PolicyConfig', { ...policyOptions, name: text, manifests: list(manifest) })),
  policySets: list(
    object<PolicySetConfig>('PolicySetConfig', {
      name: text,
      description: optional(text),
      policies: list(text),
      placement,
      generatePolicySetPlacement: optional(flag),
    }),
  ),
});
