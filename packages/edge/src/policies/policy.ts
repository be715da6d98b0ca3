import { fields, isFields, type Fields, type Structure, type Value } from '../yaml/value.js';
import type { EvaluationInterval } from './policy-gen-template.js';
import { PolicyError } from './policy-error.js';

/** The annotation that orders the rollout of policies. */
export const DEPLOY_WAVE = 'ran.openshift.io/ztp-deploy-wave';

const CATEGORIES = 'policy.open-cluster-management.io/categories';
const CONTROLS = 'policy.open-cluster-management.io/controls';
const STANDARDS = 'policy.open-cluster-management.io/standards';

/** A policy while its resources are collected. */
export interface Policy {
  name: string;
  namespace: string;
  wave: string | undefined;
  remediationAction: string;
  evaluationInterval: EvaluationInterval;
  objects: { complianceType: string; definition: Value }[];
}

/**
 * Adds a resource to a policy. Its wave becomes that of the policy and leaves the resource (edge.md 4.3). Throws PolicyError
 * when the policy has another wave already.
 */
export function addObject(policy: Policy, definition: Fields, complianceType: string, fileName: string): void {
  const { wave, stripped } = takeWave(definition);
  if (wave !== undefined) {
    if (policy.wave !== undefined && policy.wave !== wave) {
      throw new PolicyError(
        `${DEPLOY_WAVE} annotation in Resource ${fileName} (wave ${display(wave)}) doesn't match with Policy ${policy.name} ` +
          `(wave ${display(policy.wave)})`,
      );
    }
    policy.wave = wave;
  }
  policy.objects.push({ complianceType, definition: stripped });
}

const display = (wave: string) => (wave === '' ? 'unset' : wave);

/** The wave of a resource, and the resource without it; also without annotations that are none. */
export function takeWave(definition: Fields): { wave: string | undefined; stripped: Fields } {
  const metadata = definition.metadata;
  if (!isFields(metadata)) return { wave: undefined, stripped: definition };
  const annotations = isFields(metadata.annotations) ? metadata.annotations : fields();
  const wave = annotations[DEPLOY_WAVE];
  const rest = fields(Object.entries(annotations).filter(([key]) => key !== DEPLOY_WAVE));
  const others = Object.entries(metadata).filter(([key]) => key !== 'annotations');
  const kept = Object.keys(rest).length === 0 ? others : [...others, ['annotations', rest] as const];
  return {
    wave: typeof wave === 'string' ? wave : undefined,
    stripped: fields([...Object.entries(definition), ['metadata', fields(kept)]]),
  };
}

/** The Policy object with its single ConfigurationPolicy. */
export function policyObject(policy: Policy): Structure {
  const annotations = fields([
    [CATEGORIES, 'CM Configuration Management'],
    [CONTROLS, 'CM-2 Baseline Configuration'],
    [STANDARDS, 'NIST SP 800-53'],
    ...(policy.wave === undefined ? [] : [[DEPLOY_WAVE, policy.wave] as const]),
  ]);
  return structure({
    apiVersion: 'policy.open-cluster-management.io/v1',
    kind: 'Policy',
    metadata: structure({ annotations, name: policy.name, namespace: policy.namespace }),
    spec: structure({
      remediationAction: policy.remediationAction,
      disabled: false,
      'policy-templates': [fields([['objectDefinition', configurationPolicy(policy)]])],
    }),
  });
}

function configurationPolicy({ name, remediationAction, objects, evaluationInterval }: Policy): Structure {
  return structure({
    apiVersion: 'policy.open-cluster-management.io/v1',
    kind: 'ConfigurationPolicy',
    metadata: structure({ name: `${name}-config` }),
    spec: structure({
      remediationAction,
      severity: 'low',
      namespaceSelector: structure({ exclude: ['kube-*'], include: ['*'] }),
      'object-templates': objects.map(({ complianceType, definition }) =>
        structure({ complianceType, objectDefinition: definition }),
      ),
      evaluationInterval: structure({ ...evaluationInterval }),
    }),
  });
}

function structure(entries: Record<string, Value>): Structure {
  return new Map(Object.entries(entries));
}
