import { formatPath } from '../diagnostics/document-path.js';
import { itemsAt, nodeAt } from '../diagnostics/tree.js';
import { embeddedJson } from '../generators/embedded-json.js';
import { INSTALLER_FLAGS, isInstallerFlag, isInstallerWord } from '../plan/installer-args.js';
import type { Path } from '../yaml/decode.js';
import type { SiteFindings } from './check-site.js';
import type { SiteCluster } from './site-config.js';

/** The JSON texts in a cluster and its nodes: none of them is looked at by the reference, or only in part (edge.md 3.7). */
export function checkEmbeddedJson(cluster: SiteCluster, path: Path, findings: SiteFindings): void {
  checkInstallConfig(cluster, [...path, 'installConfigOverrides'], findings);
  checkIgnition([...path, 'ignitionConfigOverride'], findings);
  cluster.nodes.forEach((_, index) => {
    checkIgnition([...path, 'nodes', index, 'ignitionConfigOverride'], findings);
    checkInstallerArgs([...path, 'nodes', index, 'installerArgs'], findings);
  });
}

function checkInstallConfig(cluster: SiteCluster, path: Path, findings: SiteFindings): void {
  const root = embeddedJson(findings, 'SC009', path, 'map');
  const networkType = root && nodeAt(root, 'networking', 'networkType');
  if (networkType?.kind === 'scalar' && networkType.value !== cluster.networkType) {
    const fix = 'set networkType of the cluster';
    const message = `networkType of the cluster, ${cluster.networkType}, overwrites this`;
    findings.span('SC010', networkType.span, formatPath(networkType.path), message, fix);
  }
}

/** What the install service parses, with the versions that it takes (edge.md 2.2). */
const IGNITION_VERSIONS = ['3.1.0', '3.2.0'];

function checkIgnition(path: Path, findings: SiteFindings): void {
  const root = embeddedJson(findings, 'SC011', path, 'map');
  if (root === undefined) return;
  const version = nodeAt(root, 'ignition', 'version');
  const fix = `write ${IGNITION_VERSIONS.join(' or ')}`;
  if (version?.kind !== 'scalar') {
    findings.span('SC012', root.span, formatPath(root.path), 'ignition.version is missing', fix);
  } else if (!IGNITION_VERSIONS.includes(String(version.value))) {
    findings.span(
      'SC012',
      version.span,
      formatPath(version.path),
      `version ${String(version.value)} is not taken`,
      fix,
    );
  }
}

function checkInstallerArgs(path: Path, findings: SiteFindings): void {
  const root = embeddedJson(findings, 'SC013', path, 'list');
  for (const item of itemsAt(root)) {
    const report = (message: string, fix?: string) =>
      findings.span('SC013', item.span, formatPath(item.path), message, fix);
    if (item.kind !== 'scalar' || typeof item.value !== 'string') report('an argument must be a string');
    else if (item.value.startsWith('-') && !isInstallerFlag(item.value)) {
      report(`the install service does not take ${item.value}`, `one of ${INSTALLER_FLAGS.join(' ')}`);
    } else if (!isInstallerWord(item.value))
      report('an argument has a character that the install service does not take');
  }
}
