import type { TreeNode } from '../diagnostics/tree.js';

const MAX_WALK = 200_000;

/** Visits the scalars below a node; shared nodes once, so that aliases cost nothing. */
export function walk(root: TreeNode, visit: (node: TreeNode) => void): void {
  const seen = new Set<TreeNode>();
  const open = [root];
  for (let node = open.pop(); node !== undefined && seen.size < MAX_WALK; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'scalar') visit(node);
    else if (node.kind === 'list') open.push(...node.items);
    else open.push(...[...node.entries.values()].map(({ value }) => value));
  }
}
