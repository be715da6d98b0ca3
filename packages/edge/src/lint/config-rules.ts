import { looksDecimal } from '@longshore/ignition';
import { formatPath } from '../diagnostics/document-path.js';
import { nodeAt, stringAt, type TreeNode } from '../diagnostics/tree.js';
import type { TextNode } from './embedded.js';
import type { FileView, UnitSetting, UnitView } from './ignition-view.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';
import type { ConfigModel } from './site-model.js';
import { UnitNames } from './unit-names.js';

/** The area in the ISO, and the annotations of one object, hold so much (edge.md 2.2). */
const MAX_OVERRIDE_BYTES = 256 * 1024;
/** Templates of the installer that put the override in single quotes (edge.md 3.7). */
const DEFAULT_TEMPLATES = ['ai-cluster-templates-v1', 'ai-node-templates-v1'];
/** Ends of what runs during discovery, and of what runs only in the installed system. */
const DISCOVERY_UNITS = ['agent.service'];
const INSTALLED_UNITS = /^(machine-config-daemon-[\w-]+|nodeip-configuration|kubelet|crio)\.service$/;

/** EL009 to EL011, EL020, EL023, EL027, EL028, EL030: what a configuration says by itself. */
export function configRules({ configs }: LintSet, report: Reporter): void {
  for (const config of configs) {
    for (const unit of config.view.units) unitRules(config, unit, report);
    for (const { mode } of config.view.files) modeRule(config, mode, false, report);
    for (const { mode } of config.view.directories) modeRule(config, mode, true, report);
    quotas(config, report);
    if (config.level !== 'file') overrideRules(config, report);
  }
}

function unitRules(config: ConfigModel, { contents, settings, name }: UnitView, report: Reporter): void {
  const { document, level } = config;
  const title = name?.value ?? 'the unit';
  const tell = (rule: 'EL020' | 'EL030', { text, index, value }: UnitSetting, message: string, fix?: string) =>
    report.part(
      rule,
      document,
      spanOf(text, index, value.length),
      pathOf(text),
      message,
      fix === undefined ? {} : { fix },
    );
  if (contents?.value.startsWith('# # ')) {
    const message =
      'the comment of the transpiler is doubled; transpile the Butane file again instead of editing its output';
    report.part('EL009', document, spanOf(contents, 0, '# # Generated'.length), pathOf(contents), message);
  }
  const setting = (key: string) => settings.find((one) => one.key === key);
  const stop = setting('TimeoutStopSec');
  const isOneshot = setting('Type')?.value === 'oneshot';
  if (isOneshot && stop && !setting('TimeoutStartSec') && !setting('TimeoutSec')) {
    const message = `${title} is oneshot: it is starting as long as it runs, TimeoutStopSec has no effect on that`;
    tell('EL020', stop, message, `TimeoutStartSec=${stop.value}`);
  }
  const ordered = settings.find(
    ({ key, value }) =>
      (key === 'Before' || key === 'WantedBy') && value.split(/\s+/).some((word) => wrongPhase(level, word)),
  );
  if (ordered === undefined) return;
  const [phase, right] = level === 'node' ? ['during discovery', 'cluster'] : ['in the installed system', 'node'];
  const message = `${title} is to run for ${ordered.value}, which exists ${phase} only; move it to the override of the ${right}`;
  tell('EL030', ordered, message);
}

function wrongPhase(level: ConfigModel['level'], unit: string): boolean {
  if (level === 'cluster') return INSTALLED_UNITS.test(unit);
  return level === 'node' && DISCOVERY_UNITS.includes(unit);
}

function spanOf(text: TextNode, index: number, length: number) {
  return { start: text.offsetOf(index), end: text.offsetOf(index + length) };
}

function pathOf(node: TreeNode): string {
  return formatPath(node.path);
}

function modeRule({ document }: ConfigModel, mode: FileView['mode'], directory: boolean, report: Reporter): void {
  if (mode?.kind !== 'scalar' || typeof mode.value !== 'number') return;
  // YAML says octal numbers with a zero in front; that is what was meant then.
  const written = document.source.text.slice(document.original(mode.span.start), document.original(mode.span.end));
  if (written.startsWith('0') || !looksDecimal(mode.value, directory)) return;
  const message = `mode ${mode.value} is octal ${mode.value.toString(8)}; did you mean 0${mode.value}?`;
  const fix = document.kind === 'butane' ? `mode: 0${mode.value}` : `"mode": ${parseInt(String(mode.value), 8)}`;
  report.node('EL010', document, mode, message, { fix });
}

function quotas({ document, view }: ConfigModel, report: Reporter): void {
  for (const { node, path, format, mountOptions } of view.filesystems) {
    if (path?.value !== '/var/lib/containers' && path?.value !== '/var/lib/containers/storage') continue;
    const hasQuota = mountOptions.some((option) => option === 'prjquota' || option === 'pquota');
    if (format === 'xfs' && hasQuota) continue;
    const what = format === 'xfs' ? 'is mounted without prjquota' : `has the format ${format ?? 'none'}`;
    const message = `${path.value} ${what}: limits of ephemeral storage are not enforced`;
    report.node('EL023', document, node, message, { fix: 'format xfs, mount options defaults and prjquota' });
  }
}

function overrideRules(config: ConfigModel, report: Reporter): void {
  const { document, root, level, holder } = config;
  const version = nodeAt(root, 'ignition', 'version');
  if (version?.kind === 'scalar' && version.value !== '3.2.0') {
    if (version.value === '3.1.0') {
      const message = 'the merged configuration becomes 3.1.0 as well, and what 3.2.0 has added is passed over';
      report.node('EL011', document, version, message, { fix: '"version": "3.2.0"' });
    } else {
      const message = `the install service takes 3.2.0 and 3.1.0, not ${JSON.stringify(version.value)}`;
      report.node('EL011', document, version, message, { severity: 'error', fix: '"version": "3.2.0"' });
    }
  }
  if (holder === undefined || level === 'applied') return;
  const bytes = Buffer.byteLength(holder.value);
  if (bytes > MAX_OVERRIDE_BYTES) {
    const message = `the override has ${Math.ceil(bytes / 1024)} KiB, there is room for ${MAX_OVERRIDE_BYTES / 1024}; compress its files, or put them on a partition`;
    report.node('EL028', document, holder, message);
  }
  const quote = holder.value.indexOf("'");
  if (document.kind === 'clusterinstance' && quote !== -1 && usesDefaultTemplates(document.root, holder)) {
    const span = { start: holder.offsetOf(quote), end: holder.offsetOf(quote) + 1 };
    const message = 'the default templates put this text in single quotes, which end here';
    report.part('EL027', document, span, pathOf(holder), message, { fix: String.raw`\u0027` });
  }
}

function usesDefaultTemplates(root: TreeNode, holder: TreeNode): boolean {
  const index = nodeIndex(holder);
  const owner = index === undefined ? nodeAt(root, 'spec') : nodeAt(root, 'spec', 'nodes', index);
  const references = nodeAt(owner, 'templateRefs');
  if (references?.kind !== 'list') return true;
  return references.items.some((item) => DEFAULT_TEMPLATES.includes(stringAt(item, 'name') ?? ''));
}

/** Index of the node that a scalar `spec.nodes[n].…` belongs to. */
function nodeIndex({ path }: TreeNode): number | undefined {
  const step = path?.parent?.step;
  return typeof step === 'number' ? step : undefined;
}

/** Settings that name other units. */
const REFERENCES = new Set([
  'Before',
  'After',
  'Requires',
  'BindsTo',
  'Requisite',
  'PartOf',
  'RequiredBy',
  'Wants',
  'WantedBy',
]);

/** EL018 between units: a name that looks like a defined one, but is none. */
export function unitReferences({ configs }: LintSet, report: Reporter): void {
  for (const config of configs) {
    const defined = new UnitNames(config.view.units.flatMap(({ name }) => name?.value ?? []));
    for (const setting of config.view.units.flatMap(({ settings }) => settings)) {
      if (REFERENCES.has(setting.key)) unitReference(config, setting, defined, report);
    }
  }
}

function unitReference(
  { document }: ConfigModel,
  { value, text, index }: UnitSetting,
  defined: UnitNames,
  report: Reporter,
): void {
  for (const { 0: word, index: at } of value.matchAll(/\S+/g)) {
    const similar = defined.similarTo(word);
    if (similar === undefined) continue;
    const message = `${word} is not defined; ${similar} is`;
    report.part('EL018', document, spanOf(text, index + at, word.length), pathOf(text), message, { fix: similar });
  }
}
