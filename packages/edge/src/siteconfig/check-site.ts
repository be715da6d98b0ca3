import { Findings } from '../generators/findings.js';
import { Decoder, type Path } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import { checkEmbeddedJson } from './embedded-json-rules.js';
import { checkKinds } from './kind-rules.js';
import { checkPartitions } from './partition-rules.js';
import { mastersOf, siteConfig, type SiteCluster, type SiteConfig, type SiteNode } from './site-config.js';
import { SITE_RULES, type SiteRuleId } from './site-rules.js';

export type SiteFindings = Findings<SiteRuleId>;

/** A SiteConfig as far as it could be read, and all that is wrong with it. */
interface CheckedSite {
  site: SiteConfig | undefined;
  findings: SiteFindings;
}

/** Reads a SiteConfig and tells everything that is wrong with it, at once and with places (edge.md 3). Never throws. */
export function checkSite(file: string, text: string): CheckedSite {
  const findings: SiteFindings = new Findings(file, text, SITE_RULES);
  const source = new YamlSource(text);
  const root = findings.attempt('SC001', () => readFirstDocument(source));
  for (const span of findings.further) {
    findings.span(
      'SC022',
      span,
      '',
      'only the first document of a file is read',
      'put each SiteConfig into a file of its own',
    );
  }
  if (root === undefined) {
    if (!findings.hasErrors) findings.at('SC001', [], 'the file has no document');
    return { site: undefined, findings };
  }
  const decoder = new Decoder({ lenient: true });
  const site = findings.attempt('SC001', () => decoder.read(siteConfig, root));
  findings.issues(
    decoder.issues.filter(({ kind }) => kind !== 'rule'),
    { type: 'SC002', duplicate: 'SC002', unknown: 'SC003', rule: 'SC001' },
  );
  if (site !== undefined) checkContent(site, findings);
  return { site, findings };
}

function checkContent(site: SiteConfig, findings: SiteFindings): void {
  const { kind, spec } = site;
  if (kind !== 'SiteConfig') {
    findings.at('SC001', ['kind'], `kind is ${JSON.stringify(kind)}, expected SiteConfig`);
    return;
  }
  if (!/^ran\.openshift\.io\/v[12]$/.test(site.apiVersion)) {
    findings.at(
      'SC004',
      ['apiVersion'],
      `unknown version ${JSON.stringify(site.apiVersion)}`,
      'write ran.openshift.io/v2',
    );
  }
  if (spec.sshPrivateKeySecretRef.name !== '') {
    findings.at('SC020', ['spec', 'sshPrivateKeySecretRef'], 'no generated resource has this value', 'remove it');
  }
  checkKinds(site, findings);
  const names = new Map<string, number>();
  spec.clusters.forEach((cluster, index) => {
    const path = ['spec', 'clusters', index];
    checkName(cluster, index, names, path, findings);
    if (cluster.clusterImageSetNameRef === '' && spec.clusterImageSetNameRef === '') {
      findings.at('SC006', path, 'clusterImageSetNameRef is missing here and at the site');
    }
    checkCluster(site, cluster, path, findings);
    checkEmbeddedJson(cluster, path, findings);
    checkPartitions(cluster, path, findings);
  });
}

function checkName(
  { clusterName }: SiteCluster,
  index: number,
  names: Map<string, number>,
  path: Path,
  findings: SiteFindings,
): void {
  const at = [...path, 'clusterName'];
  if (clusterName === '') findings.at('SC005', at, 'clusterName is missing');
  else if (names.has(clusterName))
    findings.at('SC005', at, `the cluster spec.clusters[${names.get(clusterName)}] has this name`);
  else if (clusterName.length > 63 || !/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(clusterName)) {
    findings.at('SC005', at, 'the name becomes that of a namespace: at most 63 of a-z, 0-9 and -, no - at its ends');
  }
  names.set(clusterName, index);
}

const ALLOWED: { [K in 'role' | 'bootMode' | 'automatedCleaningMode' | 'ironicInspect']: string[] } = {
  role: ['master', 'worker'],
  bootMode: ['UEFI', 'UEFISecureBoot', 'legacy'],
  automatedCleaningMode: ['disabled', 'metadata'],
  ironicInspect: ['enabled', 'disabled'],
};

function checkCluster({ apiVersion }: SiteConfig, cluster: SiteCluster, path: Path, findings: SiteFindings): void {
  if (mastersOf(cluster).length === 0) findings.at('SC007', [...path, 'nodes'], 'no node has the role master');
  checkValue(findings, [...path, 'cpuPartitioningMode'], cluster.cpuPartitioningMode || 'None', ['None', 'AllNodes']);
  checkValue(findings, [...path, 'networkType'], cluster.networkType, ['OVNKubernetes', 'OpenShiftSDN']);
  checkValue(findings, [...path, 'diskEncryption', 'type'], cluster.diskEncryption.type || 'none', [
    'none',
    'nbde',
    'tpm2',
  ]);
  checkLabels(findings, [...path, 'clusterLabels'], cluster.clusterLabels ?? {});
  checkManifests(cluster, path, findings);
  const hasMap = Object.keys(cluster.siteConfigMap.data).length > 0 || cluster.siteConfigMap.name !== '';
  if (hasMap && apiVersion.endsWith('/v1')) {
    findings.at('SC020', [...path, 'siteConfigMap'], 'v1 makes no ConfigMap of this', 'use ran.openshift.io/v2');
  }
  if (cluster.manifestsConfig.ntpServer !== '') {
    findings.at('SC020', [...path, 'manifestsConfig', 'ntpServer'], 'nothing reads this', 'use additionalNTPSources');
  }
  const hosts = new Map<string, number>();
  cluster.nodes.forEach((node, index) => checkNode(node, index, hosts, [...path, 'nodes', index], findings));
}

function checkManifests(
  { extraManifests, extraManifestPath, ...cluster }: SiteCluster,
  path: Path,
  findings: SiteFindings,
): void {
  if (extraManifestPath !== '') {
    const at = [...path, 'extraManifestPath'];
    if (extraManifests.searchPaths !== undefined)
      findings.at('SC020', at, 'searchPaths is there, so this is not read', 'remove it');
    else findings.at('SC021', at, 'extraManifestPath goes away after 4.15', 'use extraManifests.searchPaths');
  }
  const lost = [
    ...(['', 'none'].includes(cluster.diskEncryption.type) ? [] : ['diskEncryption']),
    ...(cluster.nodes.some(({ diskPartition }) => diskPartition !== undefined) ? ['diskPartition'] : []),
    ...(cluster.nodes.some(({ cpuset }) => cpuset !== '') ? ['cpuset'] : []),
  ];
  if (extraManifests.searchPaths !== undefined && lost.length > 0) {
    findings.at(
      'SC018',
      [...path, 'extraManifests', 'searchPaths'],
      `with searchPaths no manifest is made for ${lost.join(', ')}`,
    );
  }
}

function checkNode(
  node: SiteNode,
  index: number,
  hosts: Map<string, number>,
  path: Path,
  findings: SiteFindings,
): void {
  const at = [...path, 'hostName'];
  if (node.hostName === '') findings.at('SC024', at, 'hostName is missing');
  else if (hosts.has(node.hostName)) findings.at('SC024', at, `nodes[${hosts.get(node.hostName)}] has this name`);
  else if (node.hostName.length > 253 || !/^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/.test(node.hostName)) {
    findings.at('SC024', at, 'the name becomes that of a resource: at most 253 of a-z, 0-9, - and .');
  }
  hosts.set(node.hostName, index);
  for (const field of Object.keys(ALLOWED) as (keyof typeof ALLOWED)[]) {
    if (node[field] !== '') checkValue(findings, [...path, field], node[field], ALLOWED[field]);
  }
  checkLabels(findings, [...path, 'nodeLabels'], node.nodeLabels ?? {});
  if (node.cpuset !== '') {
    findings.at('SC021', [...path, 'cpuset'], 'cpuset goes away after 4.15', 'use cpuPartitioningMode: AllNodes');
  }
}

function checkValue(findings: SiteFindings, path: Path, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    findings.at('SC008', path, `unknown value ${JSON.stringify(value)}`, `one of ${allowed.join(', ')}`);
}

const LABEL_PART = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/;

function checkLabels(findings: SiteFindings, path: Path, labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels)) {
    const slash = key.indexOf('/');
    const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
    if (!LABEL_PART.test(name) || (prefix !== undefined && !LABEL_PREFIX.test(prefix))) {
      findings.at('SC023', [...path, key], `${JSON.stringify(key)} is no key of a label`);
    }
    if (value !== '' && !LABEL_PART.test(value)) {
      findings.at(
        'SC023',
        [...path, key],
        `${JSON.stringify(value)} is no value of a label: at most 63 of A-Z, a-z, 0-9, - _ and .`,
      );
    }
  }
}
