import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import type { ScalarNode, TreeNode } from '../diagnostics/tree.js';

export type TextNode = ScalarNode & { value: string };

/** The JSON text of a scalar as a tree whose places are those of the file, or why it is none. */
export function embeddedJson(scalar: TextNode): { root: TreeNode } | { message: string; at: number } {
  const path = { parent: scalar.path, step: { embedded: true } } as const;
  try {
    return { root: parseJsonTree(scalar.value, scalar.offsetOf, path) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { message: error.message, at: scalar.offsetOf(error.index) };
  }
}
