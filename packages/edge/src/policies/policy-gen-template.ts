import { dictionary, flag, list, object, optional, record, text, type Shape } from '../yaml/decode.js';
import type { Fields } from '../yaml/value.js';

/** `metadata` of a template and of its source files. */
export interface Metadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface EvaluationInterval {
  compliant: string;
  noncompliant: string;
}

/** An entry of `spec.sourceFiles`: a source file and what is laid over it. Undefined means not given. */
export interface SourceFile {
  fileName: string;
  policyName: string;
  complianceType: string | undefined;
  remediationAction: string | undefined;
  evaluationInterval: { compliant: string | undefined; noncompliant: string | undefined };
  metadata: Metadata;
  spec: Fields | undefined;
  data: Fields | undefined;
  status: Fields | undefined;
  binaryData: Fields | undefined;
  stringData: Fields | undefined;
}

/** The sections of a source file that a template may change. */
export const SECTIONS = ['spec', 'data', 'status', 'binaryData', 'stringData'] as const;

interface PolicyGenTemplateSpec {
  bindingRules: Record<string, string>;
  bindingExcludedRules: Record<string, string>;
  mcp: string;
  wrapInPolicy: boolean;
  remediationAction: string;
  complianceType: string;
  evaluationInterval: EvaluationInterval;
  sourceFiles: SourceFile[];
}

/** `ran.openshift.io/v1` PolicyGenTemplate (edge.md 4.1). */
export interface PolicyGenTemplate {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: PolicyGenTemplateSpec;
}

const metadata = object<Metadata>('utils.MetaData', {
  name: text,
  namespace: text,
  labels: dictionary(text),
  annotations: dictionary(text),
});

const sourceFile = object<SourceFile>('utils.Defaulted', {
  fileName: text,
  policyName: text,
  complianceType: optional(text),
  remediationAction: optional(text),
  evaluationInterval: object('utils.EvaluationInterval', { compliant: optional(text), noncompliant: optional(text) }),
  metadata,
  spec: optional(record),
  data: optional(record),
  status: optional(record),
  binaryData: optional(record),
  stringData: optional(record),
});

const DEFAULT_INTERVAL: EvaluationInterval = { compliant: '10m', noncompliant: '10s' };

const spec = object<PolicyGenTemplateSpec>(
  'utils.PolicyGenTemplateSpec',
  {
    bindingRules: dictionary(text),
    bindingExcludedRules: dictionary(text),
    mcp: text,
    wrapInPolicy: flag,
    remediationAction: text,
    complianceType: text,
    evaluationInterval: object(
      'utils.EvaluationInterval',
      { compliant: text, noncompliant: text },
      { defaults: DEFAULT_INTERVAL },
    ),
    sourceFiles: list(sourceFile, 'utils.SourceFile'),
  },
  {
    defaults: {
      wrapInPolicy: true,
      remediationAction: 'inform',
      complianceType: 'musthave',
      evaluationInterval: DEFAULT_INTERVAL,
    },
  },
);

/** How a PolicyGenTemplate is read. */
export const policyGenTemplate: Shape<PolicyGenTemplate> = object<PolicyGenTemplate>('utils.PolicyGenTemplate', {
  apiVersion: text,
  kind: text,
  metadata,
  spec,
});
