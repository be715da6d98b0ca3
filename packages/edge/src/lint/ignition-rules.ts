import { type Diagnostic, looksDecimal, parseIgnition, transpile } from '@longshore/ignition';
import { formatPath } from '../diagnostics/document-path.js';
import { nodeAt, numberAt, type TreeNode, valueOf } from '../diagnostics/tree.js';
import type { LintDocument } from './lint-document.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';
import type { ConfigModel } from './site-model.js';

/** EL033, EL034: what Ignition or the transpiler say of a configuration, all stages at once. */
export function ignitionRules({ configs }: LintSet, report: Reporter): void {
  for (const config of configs) {
    const { document, root, holder } = config;
    if (document.kind === 'butane') butane(config, report);
    else {
      const text = holder?.value ?? textOf(document, root);
      for (const finding of parseIgnition(text).report) tell('EL033', config, finding, report);
    }
  }
}

function textOf({ text, kind }: LintDocument, root: TreeNode): string {
  // A MachineConfig holds its configuration as YAML.
  return kind === 'ignition' ? text : JSON.stringify(valueOf(root));
}

function butane(config: ConfigModel, report: Reporter): void {
  const { text, root } = config.document;
  for (const finding of transpile(text, { all: true }).report) {
    const node = nodeAt(root, ...finding.path);
    const isPlaceholder = node?.kind === 'scalar' && /^<.*>/.test(String(node.value));
    if (!isPlaceholder) tell('EL034', config, finding, report);
  }
}

/** Findings that have a rule of their own, which says more: EL010, EL011 and EL022. */
function isTold({ code, path }: Diagnostic, { level, root }: ConfigModel): boolean {
  if (code === 'decimal-mode' || code === 'partitions-overlap') return true;
  if (code === 'config-version-unsupported') return level !== 'file';
  return code === 'mode-special-bits' && looksDecimal(numberAt(root, ...path) ?? 0, path.includes('directories'));
}

function tell(rule: 'EL033' | 'EL034', config: ConfigModel, finding: Diagnostic, report: Reporter): void {
  const { document, root } = config;
  const { code, path, message, severity, hint } = finding;
  if (isTold(finding, config)) return;
  const details = { severity, ...(hint === undefined ? {} : { fix: hint }) };
  let node: TreeNode = root;
  let at: TreeNode | undefined = root;
  for (const step of path) {
    at = nodeAt(at, step);
    if (at === undefined) break;
    node = at;
  }
  const last = path.at(-1);
  const parent = nodeAt(root, ...path.slice(0, -1));
  const entry = code === 'unused-key' && parent?.kind === 'map' ? parent.entries.get(String(last)) : undefined;
  if (entry === undefined) report.node(rule, document, node, message, details);
  else report.part(rule, document, entry.key, formatPath(entry.value.path), message, details);
}
