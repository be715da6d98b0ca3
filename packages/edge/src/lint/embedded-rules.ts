import { formatPath } from '../diagnostics/document-path.js';
import { nodeAt, stringAt, stringNodeAt, type TreeNode } from '../diagnostics/tree.js';
import { INSTALLER_FLAGS, isInstallerFlag, isInstallerWord } from '../plan/installer-args.js';
import { embeddedJson } from './embedded.js';
import type { LintDocument } from './lint-document.js';
import type { LintSet } from './lint-set.js';
import { STRICT_KINDS } from './strict-rules.js';
import type { Reporter } from './reporter.js';

/** EL003, EL031, EL032: texts that must be JSON. */
export function embeddedTexts({ clusters, nodes, configs, documents }: LintSet, report: Reporter): void {
  for (const { node, document } of clusters) {
    for (const key of ['ignitionConfigOverride', 'installConfigOverrides']) jsonText(document, node, key, report);
  }
  for (const { node, cluster } of nodes) {
    jsonText(cluster.document, node, 'ignitionConfigOverride', report);
    installerArgs(cluster.document, node, report);
  }
  for (const document of documents) {
    if (document.kind !== 'annotation' || configs.some((config) => config.document === document)) continue;
    report.node('EL031', document, document.root, 'the text of the annotation is no JSON object');
  }
}

/** The strict modes of the generators tell of wrong types in whole objects (SC002, CI002). */
function typesAreTold({ root }: LintDocument): boolean {
  return STRICT_KINDS.includes(stringAt(root, 'kind') ?? '');
}

function jsonText(document: LintDocument, owner: TreeNode, key: string, report: Reporter): void {
  const found = nodeAt(owner, key);
  if (found === undefined || (found.kind === 'scalar' && found.value === null)) return;
  const text = stringNodeAt(found);
  if (text === undefined) {
    if (typesAreTold(document)) return;
    report.node('EL031', document, found, `${key} must be the text of a JSON object, not a ${found.kind}`, {
      fix: `${key}: |`,
    });
    return;
  }
  const bar = /^\s*[|>][+-]?\s/.exec(text.value);
  if (bar !== null) {
    const at = text.offsetOf(bar[0].search(/[|>]/));
    const message = 'the bar stands inside the quotes and is part of the text, which is no JSON then';
    report.part('EL003', document, { start: at, end: at + 1 }, formatPath(text.path), message, {
      fix: 'remove the bar, or the quotes',
    });
    return;
  }
  if (text.value.trim() === '') return;
  const parsed = embeddedJson(text);
  if ('root' in parsed) {
    if (parsed.root.kind !== 'map') report.node('EL031', document, parsed.root, `${key} must be a JSON object`);
    return;
  }
  report.part(
    'EL031',
    document,
    { start: parsed.at, end: parsed.at + 1 },
    formatPath(text.path),
    `${key} is no JSON: ${parsed.message}`,
  );
}

function installerArgs(document: LintDocument, owner: TreeNode, report: Reporter): void {
  const found = nodeAt(owner, 'installerArgs');
  if (found === undefined || (found.kind === 'scalar' && found.value === null)) return;
  const text = stringNodeAt(found);
  if (text === undefined && typesAreTold(document)) return;
  const fix = `installerArgs: '["--save-partlabel", "data"]'`;
  const parsed = text === undefined ? undefined : embeddedJson(text);
  if (parsed === undefined || !('root' in parsed) || parsed.root.kind !== 'list') {
    const why = parsed !== undefined && 'message' in parsed ? `: ${parsed.message}` : '';
    report.node('EL032', document, found, `installerArgs must be a JSON list of words, as text${why}`, { fix });
    return;
  }
  for (const item of parsed.root.items) {
    const word = stringAt(item);
    if (word === undefined) report.node('EL032', document, item, 'installer arguments must be texts');
    else if (word.startsWith('-') && !isInstallerFlag(word)) {
      report.node(
        'EL032',
        document,
        item,
        `the install service does not allow ${word}; it allows ${INSTALLER_FLAGS.join(' ')}`,
      );
    } else if (!isInstallerWord(word)) {
      report.node(
        'EL032',
        document,
        item,
        `the install service does not allow the characters of ${JSON.stringify(word)}`,
      );
    }
  }
}
