import type { ScalarNode, TreeNode } from '../diagnostics/tree.js';

/** Visits the scalars below a node in their order; shared nodes once, so that aliases cost nothing. */
export function walk(root: TreeNode, visit: (node: ScalarNode) => void): void {
  const seen = new Set<TreeNode>();
  const descend = (node: TreeNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'scalar') visit(node);
    else if (node.kind === 'list') node.items.forEach(descend);
    else for (const { value } of node.entries.values()) descend(value);
  };
  descend(root);
}
