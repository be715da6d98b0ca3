import type { Path } from '../../yaml/decode.js';
import { fields, isFields, type Fields, type Value } from '../../yaml/value.js';
import { PolicyError } from '../policy-error.js';
import { manifestsOf, type BaseFolder } from './manifests.js';
import type {
  Dependency,
  ManifestConfig,
  ManifestOptions,
  PolicyConfig,
  PolicyDefaults,
} from './policy-generator-config.js';

const GROUP = 'policy.open-cluster-management.io';
const DEFAULTS = { complianceType: 'musthave', remediationAction: 'inform', severity: 'low' };
const ANNOTATIONS = {
  categories: ['CM Configuration Management'],
  controls: ['CM-2 Baseline Configuration'],
  standards: ['NIST SP 800-53'],
};

/**
 * The Policy of an entry of a PolicyGenerator (edge.md 4.6). `before`: the policy that has to be compliant first. Throws
 * PolicyError.
 */
export function acmPolicy(
  policy: PolicyConfig,
  defaults: PolicyDefaults,
  base: BaseFolder,
  path: Path,
  before: string | undefined,
): Fields {
  const pick = <K extends keyof PolicyDefaults & keyof PolicyConfig>(key: K) => policy[key] ?? defaults[key];
  const dependencies = before === undefined ? pick('dependencies') : [{ ...NO_DEPENDENCY, name: before }];
  const spec: Record<string, Value | undefined> = {
    disabled: pick('disabled') ?? false,
    remediationAction: pick('remediationAction') ?? DEFAULTS.remediationAction,
    copyPolicyMetadata: pick('copyPolicyMetadata') === false ? false : undefined,
    hubTemplateOptions: optionalFields(pick('hubTemplateOptions')),
    dependencies: dependencies?.map((dependency) => dependencyOf(dependency, defaults.namespace)),
    'policy-templates': policyTemplates(policy, defaults, base, path),
  };
  const labels = pick('policyLabels');
  return fields([
    ['apiVersion', `${GROUP}/v1`],
    ['kind', 'Policy'],
    [
      'metadata',
      given({
        annotations: annotationsOf(policy, defaults),
        labels: labels && fields(Object.entries(labels)),
        name: policy.name,
        namespace: defaults.namespace,
      }),
    ],
    ['spec', given(spec)],
  ]);
}

function annotationsOf(policy: PolicyConfig, defaults: PolicyDefaults): Fields {
  const annotations = fields(Object.entries(policy.policyAnnotations ?? defaults.policyAnnotations ?? {}));
  const description = policy.description ?? defaults.description;
  if (description !== undefined) annotations[`${GROUP}/description`] = description;
  for (const key of ['categories', 'controls', 'standards'] as const) {
    annotations[`${GROUP}/${key}`] = (policy[key] ?? defaults[key] ?? ANNOTATIONS[key]).join(',');
  }
  return annotations;
}

/** Options that a manifest of a consolidated policy cannot have for itself. */
const POLICY_WIDE = [
  'remediationAction',
  'severity',
  'evaluationInterval',
  'namespaceSelector',
  'pruneObjectBehavior',
  'customMessage',
  'extraDependencies',
  'ignorePending',
] as const satisfies readonly (keyof ManifestOptions)[];

function policyTemplates(policy: PolicyConfig, defaults: PolicyDefaults, base: BaseFolder, path: Path): Value[] {
  const consolidate = policy.consolidateManifests ?? defaults.consolidateManifests ?? true;
  const order = policy.orderManifests ?? defaults.orderManifests ?? false;
  if (order && consolidate) {
    throw new PolicyError('orderManifests needs consolidateManifests: false', [...path, 'orderManifests']);
  }
  if (order && (policy.extraDependencies ?? defaults.extraDependencies) !== undefined) {
    throw new PolicyError('orderManifests and extraDependencies exclude each other', [...path, 'extraDependencies']);
  }
  const templates = new TemplateList(policy, defaults, order);
  policy.manifests.forEach((config, index) => {
    const at = [...path, 'manifests', index];
    if (consolidate) refuseOwn(policy, defaults, config, at);
    for (const manifest of manifestsOf(config, base, at)) {
      refuseExpanded(manifest, policy, defaults, at);
      if (isPolicyType(manifest)) templates.add(manifest, config);
      else templates.addObject(manifest, config, consolidate);
    }
  });
  return templates.result();
}

function refuseOwn(policy: PolicyConfig, defaults: PolicyDefaults, config: ManifestConfig, path: Path): void {
  const own = POLICY_WIDE.find((key) => {
    return config[key] !== undefined && JSON.stringify(config[key]) !== JSON.stringify(policy[key] ?? defaults[key]);
  });
  if (own === undefined) return;
  const message = `${own} of a manifest cannot differ from that of its policy when consolidateManifests is true`;
  throw new PolicyError(message, [...path, own]);
}

/** Kyverno's and Gatekeeper's own policies would need a second ConfigurationPolicy that looks at their reports. */
function refuseExpanded(
  { apiVersion, kind }: Fields,
  policy: PolicyConfig,
  defaults: PolicyDefaults,
  path: Path,
): void {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  const option = version.startsWith('kyverno.io/')
    ? 'informKyvernoPolicies'
    : /^(?:constraints|templates)\.gatekeeper\.sh\//.test(version)
      ? 'informGatekeeperPolicies'
      : undefined;
  if (option === undefined || (policy[option] ?? defaults[option]) === false) return;
  const name = typeof kind === 'string' ? kind : 'this manifest';
  throw new PolicyError(`no policy is made that looks at the reports of ${name}; set ${option}: false`, [
    ...path,
    'path',
  ]);
}

/** Policies of a type of their own are taken as they are. */
function isPolicyType({ apiVersion, kind }: Fields): boolean {
  return typeof kind === 'string' && kind.endsWith('Policy') && kind !== 'Policy' && apiVersion === `${GROUP}/v1`;
}

class TemplateList {
  readonly #entries: { definition: Fields; config: ManifestConfig; objects: Value[] | undefined }[] = [];

  constructor(
    private readonly policy: PolicyConfig,
    private readonly defaults: PolicyDefaults,
    private readonly order: boolean,
  ) {}

  add(definition: Fields, config: ManifestConfig): void {
    this.#entries.push({ definition, config, objects: undefined });
  }

  addObject(manifest: Fields, config: ManifestConfig, consolidate: boolean): void {
    const pick = this.#picker(config);
    const open = this.#entries.find(({ objects }) => objects !== undefined);
    const object = given({
      complianceType: pick('complianceType') ?? DEFAULTS.complianceType,
      metadataComplianceType: pick('metadataComplianceType'),
      objectSelector: pick('objectSelector'),
      recordDiff: pick('recordDiff'),
      recreateOption: pick('recreateOption'),
      objectDefinition: manifest,
    });
    if (consolidate && open?.objects !== undefined) {
      open.objects.push(object);
      return;
    }
    const number = this.#entries.filter(({ objects }) => objects !== undefined).length + 1;
    const name = config.name ?? `${this.policy.name}${number === 1 ? '' : number}`;
    const objects = [object];
    this.#entries.push({ definition: this.#configurationPolicy(name, config, objects), config, objects });
  }

  result(): Value[] {
    return this.#entries.map(({ definition, config }, index) => {
      const pick = this.#picker(config);
      const previous = this.order ? this.#entries[index - 1] : undefined;
      const dependencies =
        previous === undefined ? pick('extraDependencies') : [{ ...NO_DEPENDENCY, ...identityOf(previous.definition) }];
      return given({
        objectDefinition: definition,
        extraDependencies: dependencies?.map((dependency) => dependencyOf(dependency, this.defaults.namespace)),
        ignorePending: pick('ignorePending') === true ? true : undefined,
      });
    });
  }

  #picker(config: ManifestConfig): <K extends keyof ManifestOptions>(key: K) => ManifestOptions[K] {
    return (key) => config[key] ?? this.policy[key] ?? this.defaults[key];
  }

  #configurationPolicy(name: string, config: ManifestConfig, objects: Value[]): Fields {
    const pick = this.#picker(config);
    const annotations = this.policy.configurationPolicyAnnotations ?? this.defaults.configurationPolicyAnnotations;
    const interval = pick('evaluationInterval');
    return fields([
      ['apiVersion', `${GROUP}/v1`],
      ['kind', 'ConfigurationPolicy'],
      ['metadata', given({ name, annotations: annotations && fields(Object.entries(annotations)) })],
      [
        'spec',
        given({
          customMessage: pick('customMessage'),
          evaluationInterval: fields([
            ['compliant', interval?.compliant ?? 'watch'],
            ['noncompliant', interval?.noncompliant ?? 'watch'],
          ]),
          namespaceSelector: pick('namespaceSelector'),
          'object-templates': objects,
          pruneObjectBehavior: pick('pruneObjectBehavior'),
          remediationAction: pick('remediationAction') ?? DEFAULTS.remediationAction,
          severity: pick('severity') ?? DEFAULTS.severity,
        }),
      ],
    ]);
  }
}

const NO_DEPENDENCY: Dependency = {
  name: '',
  namespace: undefined,
  compliance: undefined,
  kind: undefined,
  apiVersion: undefined,
};

function identityOf({ kind, metadata }: Fields): Pick<Dependency, 'kind' | 'name'> {
  const name = isFields(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
  return { kind: typeof kind === 'string' ? kind : undefined, name };
}

function dependencyOf({ name, namespace, compliance, kind, apiVersion }: Dependency, policyNamespace: string): Value {
  return given({
    apiVersion: apiVersion ?? `${GROUP}/v1`,
    compliance: compliance ?? 'Compliant',
    kind: kind ?? 'Policy',
    name,
    namespace: namespace ?? ((kind ?? 'Policy') === 'Policy' ? policyNamespace : undefined),
  });
}

function optionalFields(value: object | undefined): Fields | undefined {
  return value && fields(Object.entries(value as Record<string, Value>));
}

function given(entries: Record<string, Value | undefined>): Fields {
  return fields(
    Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}
