import { formatPath } from '../diagnostics/document-path.js';
import { nodeAt, stringNodeAt } from '../diagnostics/tree.js';
import { embeddedJson } from '../generators/embedded-json.js';
import { Findings, type StrictRule } from '../generators/findings.js';
import { Decoder, type Path } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import {
  clusterInstance,
  DEFAULT_TEMPLATES,
  type ClusterInstance,
  type InstanceNode,
  type NamespacedRef,
} from './cluster-instance.js';

/** What is looked at in a ClusterInstance. */
export const INSTANCE_RULES = [
  { id: 'CI001', severity: 'error', title: 'the file is not YAML, or resources cannot be made of it' },
  { id: 'CI002', severity: 'error', title: 'a value has another type than its field, or a key stands twice' },
  { id: 'CI003', severity: 'error', title: 'there is no such field' },
  { id: 'CI004', severity: 'error', title: 'a field that must be there is missing' },
  { id: 'CI005', severity: 'error', title: 'a field does not take this value' },
  {
    id: 'CI006',
    severity: 'error',
    title: 'an override is no JSON, or of a version that the install service does not take',
  },
  { id: 'CI007', severity: 'warning', title: 'an apostrophe in JSON breaks the default templates' },
  { id: 'CI008', severity: 'error', title: 'only the default templates can be rendered here' },
  { id: 'CI009', severity: 'error', title: 'the number of nodes does not fit clusterType' },
  { id: 'CI010', severity: 'error', title: 'two nodes have the same hostName' },
  { id: 'CI011', severity: 'warning', title: 'the default templates do not use the field' },
] as const satisfies readonly StrictRule[];

type InstanceFindings = Findings<(typeof INSTANCE_RULES)[number]['id']>;

/** A ClusterInstance as far as it could be read, and all that is wrong with it. */
interface CheckedInstance {
  instance: ClusterInstance | undefined;
  findings: InstanceFindings;
}

/** Reads a ClusterInstance and tells everything that is wrong with it, at once and with places (edge.md 3.7). Never throws. */
export function checkInstance(file: string, text: string): CheckedInstance {
  const findings: InstanceFindings = new Findings(file, text, INSTANCE_RULES);
  const decoder = new Decoder({ lenient: true });
  const instance = findings.attempt('CI001', () => {
    const root = readFirstDocument(new YamlSource(text));
    return root === undefined ? undefined : decoder.read(clusterInstance, root);
  });
  findings.issues(decoder.issues, { type: 'CI002', duplicate: 'CI002', unknown: 'CI003', rule: 'CI002' });
  if (instance !== undefined) checkSpec(instance, findings);
  return { instance, findings };
}

function checkSpec({ apiVersion, spec }: ClusterInstance, findings: InstanceFindings): void {
  oneOf(findings, ['apiVersion'], apiVersion, ['siteconfig.open-cluster-management.io/v1alpha1']);
  for (const field of ['clusterName', 'clusterImageSetNameRef', 'baseDomain'] as const) {
    required(findings, ['spec', field], spec[field]);
  }
  required(findings, ['spec', 'pullSecretRef', 'name'], spec.pullSecretRef.name);
  oneOf(findings, ['spec', 'networkType'], spec.networkType, ['OVNKubernetes', 'OpenShiftSDN']);
  oneOf(findings, ['spec', 'cpuPartitioningMode'], spec.cpuPartitioningMode, ['', 'None', 'AllNodes']);
  oneOf(findings, ['spec', 'cpuArchitecture'], spec.cpuArchitecture, ['x86_64', 'aarch64', 'multi']);
  oneOf(findings, ['spec', 'platformType'], spec.platformType, [
    '',
    'BareMetal',
    'None',
    'VSphere',
    'Nutanix',
    'External',
  ]);
  checkUnused(spec, findings);
  checkType(spec, findings);
  checkTemplates(spec.templateRefs, DEFAULT_TEMPLATES.cluster, ['spec'], findings);
  checkJson(findings, ['spec', 'installConfigOverrides'], 'map');
  checkIgnition(findings, ['spec', 'ignitionConfigOverride']);
  const hosts = new Set<string>();
  spec.nodes.forEach((node, index) => {
    const path = ['spec', 'nodes', index];
    if (hosts.has(node.hostName))
      findings.at('CI010', [...path, 'hostName'], `another node has the name ${node.hostName}`);
    hosts.add(node.hostName);
    checkNode(node, path, findings);
  });
}

function checkNode(node: InstanceNode, path: Path, findings: InstanceFindings): void {
  for (const field of ['hostName', 'bmcAddress', 'bootMACAddress'] as const)
    required(findings, [...path, field], node[field]);
  required(findings, [...path, 'bmcCredentialsName', 'name'], node.bmcCredentialsName.name);
  oneOf(findings, [...path, 'role'], node.role, ['master', 'worker', 'arbiter']);
  oneOf(findings, [...path, 'bootMode'], node.bootMode, ['UEFI', 'UEFISecureBoot', 'legacy']);
  oneOf(findings, [...path, 'automatedCleaningMode'], node.automatedCleaningMode, ['disabled', 'metadata']);
  oneOf(findings, [...path, 'ironicInspect'], node.ironicInspect, ['', 'disabled']);
  oneOf(findings, [...path, 'cpuArchitecture'], node.cpuArchitecture, ['', 'x86_64', 'aarch64']);
  if (node.bootMACAddress !== '' && !/^[\da-fA-F]{2}(?::[\da-fA-F]{2}){5}$/.test(node.bootMACAddress)) {
    findings.at('CI005', [...path, 'bootMACAddress'], `${JSON.stringify(node.bootMACAddress)} is no MAC address`);
  }
  checkTemplates(node.templateRefs, DEFAULT_TEMPLATES.node, path, findings);
  checkJson(findings, [...path, 'installerArgs'], 'list');
  checkIgnition(findings, [...path, 'ignitionConfigOverride']);
}

/** Fields that templates of one's own may use, or the operator itself, but no resource that is made here. */
function checkUnused(
  { diskEncryption, caBundleRef, reinstall }: ClusterInstance['spec'],
  findings: InstanceFindings,
): void {
  const tell = (field: string, fix?: string) => {
    findings.at('CI011', ['spec', field], `no resource of the default templates has anything of ${field}`, fix);
  };
  if (!['', 'none'].includes(diskEncryption.type)) tell('diskEncryption', 'add a MachineConfig to extraManifestsRefs');
  if (caBundleRef !== undefined) tell('caBundleRef', 'set additionalTrustBundle in installConfigOverrides');
  if (reinstall !== undefined) tell('reinstall');
}

function checkType({ clusterType, nodes }: ClusterInstance['spec'], findings: InstanceFindings): void {
  const path = ['spec', 'clusterType'];
  oneOf(findings, path, clusterType, ['', 'SNO', 'HighlyAvailable', 'HostedControlPlane', 'HighlyAvailableArbiter']);
  const masters = nodes.filter(({ role }) => role === 'master').length;
  const wanted = { SNO: 'one', HighlyAvailable: 'three or more', HighlyAvailableArbiter: 'two or more' }[clusterType];
  const fits =
    { SNO: masters === 1, HighlyAvailable: masters >= 3, HighlyAvailableArbiter: masters >= 2 }[clusterType] ?? true;
  if (!fits && wanted !== undefined) {
    findings.at('CI009', path, `${clusterType} has ${wanted} nodes with the role master, here are ${masters}`);
  }
  if (wanted === undefined && clusterType !== 'HostedControlPlane' && masters === 0)
    findings.at('CI009', ['spec', 'nodes'], 'no node has the role master');
}

function checkTemplates(refs: readonly NamespacedRef[], known: string, path: Path, findings: InstanceFindings): void {
  const at = [...path, 'templateRefs'];
  const fix = `name: ${known}, namespace: ${DEFAULT_TEMPLATES.namespace}`;
  if (refs.length === 0) findings.at('CI004', at, 'templateRefs is missing', fix);
  refs.forEach(({ name, namespace }, index) => {
    if (name === known && namespace === DEFAULT_TEMPLATES.namespace) return;
    findings.at('CI008', [...at, index], `the ConfigMap ${namespace}/${name} is on the hub only`, fix);
  });
}

function checkIgnition(findings: InstanceFindings, path: Path): void {
  const root = checkJson(findings, path, 'map');
  const version = root && nodeAt(root, 'ignition', 'version');
  if (root === undefined || (version?.kind === 'scalar' && /^3\.[12]\.0$/.test(String(version.value)))) return;
  const { span, path: at } = version ?? root;
  findings.span(
    'CI006',
    span,
    formatPath(at),
    'ignition.version is to be one that the install service takes',
    'write 3.2.0',
  );
}

function checkJson(findings: InstanceFindings, path: Path, expected: 'map' | 'list') {
  const scalar = stringNodeAt(findings.root, ...path);
  const quote = scalar?.value.indexOf("'") ?? -1;
  if (scalar !== undefined && quote >= 0) {
    const start = scalar.offsetOf(quote);
    const message = 'the default templates put this text between apostrophes, so it must not have one';
    findings.span('CI007', { start, end: start + 1 }, formatPath(scalar.path), message, 'write \\u0027');
  }
  return embeddedJson(findings, 'CI006', path, expected);
}

function required(findings: InstanceFindings, path: Path, value: string): void {
  if (value === '') findings.at('CI004', path, `${path.at(-1)} is missing`);
}

function oneOf(findings: InstanceFindings, path: Path, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  const names = allowed.filter((name) => name !== '').join(', ');
  findings.at('CI005', path, `unknown value ${JSON.stringify(value)}`, `one of ${names}`);
}
