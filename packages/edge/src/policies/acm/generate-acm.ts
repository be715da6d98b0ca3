import type { Path } from '../../yaml/decode.js';
import { fields, type Fields } from '../../yaml/value.js';
import { intervalProblem } from '../duration.js';
import { PolicyError } from '../policy-error.js';
import { Placements } from './acm-placement.js';
import { acmPolicy } from './acm-policy.js';
import type { BaseFolder } from './manifests.js';
import type {
  ManifestOptions,
  PlacementOptions,
  PolicyConfig,
  PolicyGenerator,
  PolicySetConfig,
} from './policy-generator-config.js';

/**
 * Makes the policies, policy sets, placements and bindings of a PolicyGenerator (edge.md 4.6), in this order. Waves are not
 * derived: the annotations of policies say them. Throws PolicyError.
 */
export function generateAcm(generator: PolicyGenerator, base: BaseFolder): Fields[] {
  checkConfig(generator);
  const { policyDefaults: defaults, policies } = generator;
  const sets = policySetsOf(generator);
  const policyObjects = policies.map((policy, index) => {
    const before = defaults.orderPolicies === true ? policies[index - 1]?.name : undefined;
    return acmPolicy(policy, defaults, base, ['policies', index], before);
  });
  const placements = new Placements(defaults.namespace, defaults.placement?.name, base);
  policies.forEach((policy, index) => {
    const inSet = sets.some((set) => set.policies.includes(policy.name));
    const wanted = policy.generatePolicyPlacement ?? defaults.generatePolicyPlacement ?? true;
    const inSetWanted = policy.generatePlacementWhenInSet ?? defaults.generatePlacementWhenInSet ?? false;
    if (!wanted || (inSet && !inSetWanted)) return;
    placements.place({ kind: 'Policy', name: policy.name }, placementOf(policy.placement, defaults.placement), [
      'policies',
      index,
    ]);
  });
  sets.forEach((set, index) => {
    const { placement, generatePolicySetPlacement } = generator.policySetDefaults;
    if ((set.generatePolicySetPlacement ?? generatePolicySetPlacement ?? true) === false) return;
    const options = placementOf(set.placement, placement ?? defaults.placement);
    placements.place({ kind: 'PolicySet', name: set.name }, options, ['policySets', index]);
  });
  const bindings = placements.bindings(generator.placementBindingDefaults.name);
  return [
    ...policyObjects,
    ...sets.map((set) => policySet(set, defaults.namespace)),
    ...placements.objects,
    ...bindings,
  ];
}

/** The selector of the nearest level; the name of the default is for sharing, not for one placement. */
function placementOf(
  own: PlacementOptions | undefined,
  fallback: PlacementOptions | undefined,
): PlacementOptions | undefined {
  const selects = own !== undefined && (own.labelSelector ?? own.placementName ?? own.placementPath) !== undefined;
  if (selects || fallback === undefined) return own;
  return { ...fallback, name: own?.name };
}

/** The sets with those that policies name. */
function policySetsOf({ policySets, policies, policyDefaults }: PolicyGenerator): PolicySetConfig[] {
  const sets = policySets.map((set) => ({ ...set, policies: [...set.policies] }));
  for (const policy of policies) {
    for (const name of policy.policySets ?? policyDefaults.policySets ?? []) {
      let set = sets.find((each) => each.name === name);
      if (set === undefined) {
        set = {
          name,
          description: undefined,
          policies: [],
          placement: undefined,
          generatePolicySetPlacement: undefined,
        };
        sets.push(set);
      }
      if (!set.policies.includes(policy.name)) set.policies.push(policy.name);
    }
  }
  return sets;
}

function policySet({ name, description, policies }: PolicySetConfig, namespace: string): Fields {
  return fields([
    ['apiVersion', 'policy.open-cluster-management.io/v1beta1'],
    ['kind', 'PolicySet'],
    [
      'metadata',
      fields([
        ['name', name],
        ['namespace', namespace],
      ]),
    ],
    [
      'spec',
      fields([
        ['description', description ?? ''],
        ['policies', policies],
      ]),
    ],
  ]);
}

const DNS_NAME = /^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/;
const MAX_NAME = 63;

function checkConfig({ policyDefaults: defaults, policies, policySets, ...generator }: PolicyGenerator): void {
  if (generator.metadata.name === undefined) throw new PolicyError('metadata.name is missing', ['metadata']);
  if (defaults.namespace === '') throw new PolicyError('policyDefaults.namespace is missing', ['policyDefaults']);
  if (policies.length === 0) throw new PolicyError('policies is empty', ['policies']);
  checkNames(policies, defaults.namespace, 'policies');
  checkNames(policySets, defaults.namespace, 'policySets');
  checkOptions(defaults, ['policyDefaults']);
  if (defaults.orderPolicies === true && defaults.dependencies !== undefined) {
    throw new PolicyError('orderPolicies and dependencies exclude each other', ['policyDefaults', 'dependencies']);
  }
  policies.forEach((policy, index) => {
    const path = ['policies', index];
    if (defaults.orderPolicies === true && policy.dependencies !== undefined) {
      throw new PolicyError('orderPolicies and dependencies exclude each other', [...path, 'dependencies']);
    }
    checkOptions(policy, path);
    if (policy.manifests.length === 0) throw new PolicyError('a policy needs manifests', path);
    policy.manifests.forEach((manifest, at) => checkOptions(manifest, [...path, 'manifests', at]));
  });
}

function checkNames(named: readonly Pick<PolicyConfig, 'name'>[], namespace: string, list: string): void {
  const names = new Set<string>();
  named.forEach(({ name }, index) => {
    const path = [list, index, 'name'];
    if (name === '') throw new PolicyError('name is missing', path);
    if (!DNS_NAME.test(name)) throw new PolicyError(`${JSON.stringify(name)} is no DNS name`, path);
    if (names.has(name)) throw new PolicyError(`the name ${name} is there already`, path);
    if (`${namespace}.${name}`.length > MAX_NAME) {
      throw new PolicyError(`${namespace}.${name} has more than ${MAX_NAME} characters`, path);
    }
    names.add(name);
  });
}

const VALUES: Partial<Record<keyof ManifestOptions, readonly string[]>> = {
  complianceType: ['musthave', 'mustonlyhave', 'mustnothave'],
  metadataComplianceType: ['musthave', 'mustonlyhave'],
  remediationAction: ['inform', 'enforce'],
  severity: ['low', 'medium', 'high', 'critical'],
  pruneObjectBehavior: ['None', 'DeleteIfCreated', 'DeleteAll'],
  recreateOption: ['None', 'IfRequired', 'Always'],
  recordDiff: ['None', 'Log', 'InStatus', 'Censored'],
};

function checkOptions(options: ManifestOptions, path: Path): void {
  for (const [key, allowed] of Object.entries(VALUES) as [keyof ManifestOptions, readonly string[]][]) {
    const value = options[key];
    if (typeof value !== 'string' || allowed.some((each) => each.toLowerCase() === value.toLowerCase())) continue;
    throw new PolicyError(`unknown value ${JSON.stringify(value)}; one of ${allowed.join(', ')}`, [...path, key]);
  }
  for (const state of ['compliant', 'noncompliant'] as const) {
    const value = options.evaluationInterval?.[state];
    if (value === undefined || intervalProblem(value) === undefined) continue;
    throw new PolicyError(`${JSON.stringify(value)} is no duration, never or watch`, [
      ...path,
      'evaluationInterval',
      state,
    ]);
  }
}
