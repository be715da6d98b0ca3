import { formatPath } from '../diagnostics/document-path.js';
import { itemsAt, nodeAt, stringNodeAt, type ScalarNode, type TreeNode } from '../diagnostics/tree.js';
import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import type { Path } from '../yaml/decode.js';
import type { SiteFindings } from './check-site.js';
import type { SiteCluster } from './site-config.js';
import type { SiteRuleId } from './site-rules.js';

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
  const root = embedded('SC009', path, 'map', findings);
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
  const root = embedded('SC011', path, 'map', findings);
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

/** Arguments of the installer that the install service lets pass (edge.md 3.3). */
const ARGUMENTS = [
  '--append-karg',
  '--delete-karg',
  '-n',
  '--copy-network',
  '--network-dir',
  '--save-partlabel',
  '--save-partindex',
  '--image-url',
  '--image-file',
];
const TOKEN = /^[A-Za-z0-9@!#$%*()_+\-=//.,";':{}[\]]+$/;

function checkInstallerArgs(path: Path, findings: SiteFindings): void {
  const root = embedded('SC013', path, 'list', findings);
  for (const item of itemsAt(root)) {
    const report = (message: string, fix?: string) =>
      findings.span('SC013', item.span, formatPath(item.path), message, fix);
    if (item.kind !== 'scalar' || typeof item.value !== 'string') report('an argument must be a string');
    else if (item.value.startsWith('-') && !ARGUMENTS.includes(item.value.replace(/=.*$/s, ''))) {
      report(`the install service does not take ${item.value}`, `one of ${ARGUMENTS.join(' ')}`);
    } else if (!TOKEN.test(item.value)) report('an argument has a character that the install service does not take');
  }
}

/** The JSON in a string field; undefined when the field is not there, or after telling what is wrong with it. */
function embedded(
  rule: SiteRuleId,
  path: Path,
  expected: 'map' | 'list',
  findings: SiteFindings,
): TreeNode | undefined {
  const scalar = stringNodeAt(findings.root, ...path);
  if (scalar === undefined || scalar.value === '') return undefined;
  const name = expected === 'map' ? 'a JSON object' : 'a JSON list';
  try {
    const root = parseJsonTree(scalar.value, scalar.offsetOf, { parent: scalar.path, step: { embedded: true } });
    if (root.kind === expected) return root;
    findings.span(rule, root.span, formatPath(scalar.path), `expected ${name}`);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    reportSyntax(rule, scalar, error, name, findings);
  }
  return undefined;
}

function reportSyntax(
  rule: SiteRuleId,
  scalar: ScalarNode & { value: string },
  error: JsonSyntaxError,
  name: string,
  findings: SiteFindings,
): void {
  const path = formatPath(scalar.path);
  if (/^[|>][-+\d]*\s/.test(scalar.value)) {
    const start = scalar.offsetOf(0);
    const fix = 'write either | and an indented block below it, or the quotes, not both';
    findings.span(
      rule,
      { start, end: start + 1 },
      path,
      `the ${scalar.value[0] ?? ''} inside the quotes belongs to the text, which so is no JSON`,
      fix,
    );
    return;
  }
  const start = scalar.offsetOf(error.index);
  findings.span(rule, { start, end: start + 1 }, path, `expected ${name}: ${error.message}`);
}
