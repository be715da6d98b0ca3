import type { TreeNode } from '../diagnostics/tree.js';
import { walk } from './walk.js';
import type { LintDocument } from './lint-document.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/** What examples put in place of a value; manuals print the number of a note behind it. */
const PLACEHOLDER = /^<([A-Za-z][\w .-]*)>( \d+)?$/;

/** EL001: values that still are placeholders of an example. */
export function placeholders({ documents, configs }: LintSet, report: Reporter): void {
  const look = (document: LintDocument, root: TreeNode) =>
    walk(root, (node) => {
      const name = typeof node.value === 'string' ? PLACEHOLDER.exec(node.value)?.[1] : undefined;
      if (name === undefined) return;
      const { expected, fix } = adviceFor(node);
      report.node(
        'EL001',
        document,
        node,
        `the placeholder <${name}> is left${expected}`,
        fix === undefined ? {} : { fix },
      );
    });
  for (const document of documents) if (document.kind !== 'other') look(document, document.root);
  for (const { document, root, holder } of configs) if (holder !== undefined) look(document, root);
}

/** The first MiB that leaves 120 GiB to the root, which begins at 513. */
const SUGGESTED_START_MIB = 513 + 120 * 1024;

function adviceFor(node: TreeNode): { expected: string; fix?: string } {
  const key = node.path?.step;
  if (key === 'start_mib' || key === 'startMiB') {
    return {
      expected: '; expected the whole number of MiB at which the partition begins',
      fix: `${key}: ${SUGGESTED_START_MIB}  # leaves 120 GiB to the root`,
    };
  }
  if (key === 'size_mib' || key === 'sizeMiB') {
    return { expected: '; expected a whole number of MiB, 0 for all that is left', fix: `${key}: 0` };
  }
  return { expected: '' };
}
