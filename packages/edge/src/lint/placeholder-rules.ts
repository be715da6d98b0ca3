import type { TreeNode } from '../diagnostics/tree.js';
import { walk } from './walk.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/** EL001: values that still are placeholders of an example. */
export function placeholders({ documents, configs }: LintSet, report: Reporter): void {
  for (const document of documents) {
    if (document.kind === 'other') continue;
    walk(document.root, (node) => {
      const name = /^<([A-Za-z][\w .-]*)>( \d+)?$/.exec(String(node.kind === 'scalar' ? node.value : ''))?.[1];
      if (name === undefined) return;
      const advice = adviceFor(node);
      report.node(
        'EL001',
        document,
        node,
        `the placeholder <${name}> is left${advice.expected}`,
        advice.fix === undefined ? {} : { fix: advice.fix },
      );
    });
  }
  for (const { document, root, holder } of configs) {
    if (holder === undefined) continue;
    walk(root, (node) => {
      if (node.kind !== 'scalar' || typeof node.value !== 'string' || !/^<[A-Za-z][\w .-]*>$/.test(node.value)) return;
      report.node('EL001', document, node, `the placeholder ${node.value} is left`);
    });
  }
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
