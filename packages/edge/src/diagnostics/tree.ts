import type { Span } from './diagnostic.js';
import type { DocumentPath } from './document-path.js';

interface NodeBase {
  /** Where the node stands in the file, also when it came out of a scalar's text. */
  span: Span;
  path: DocumentPath | undefined;
}

export interface MapEntry {
  key: Span;
  value: TreeNode;
}

export interface MapNode extends NodeBase {
  kind: 'map';
  entries: ReadonlyMap<string, MapEntry>;
}

export interface ListNode extends NodeBase {
  kind: 'list';
  items: readonly TreeNode[];
}

export interface ScalarNode extends NodeBase {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** The file's offset of the n-th character of a string's value: escapes, indents and folding undone. */
  offsetOf: (index: number) => number;
}

/** A value of a YAML or JSON document with its place in the file. */
export type TreeNode = MapNode | ListNode | ScalarNode;

/** The node at a path of keys and indexes, if there is one. */
export function nodeAt(node: TreeNode | undefined, ...steps: (string | number)[]): TreeNode | undefined {
  let at = node;
  for (const step of steps) {
    if (typeof step === 'number') at = at?.kind === 'list' ? at.items[step] : undefined;
    else at = at?.kind === 'map' ? at.entries.get(step)?.value : undefined;
  }
  return at;
}

/** The string scalar at a path, if there is one. */
export function stringNodeAt(
  node: TreeNode | undefined,
  ...steps: (string | number)[]
): (ScalarNode & { value: string }) | undefined {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'scalar' && typeof found.value === 'string'
    ? (found as ScalarNode & { value: string })
    : undefined;
}

/** The text at a path, if there is one. */
export function stringAt(node: TreeNode | undefined, ...steps: (string | number)[]): string | undefined {
  return stringNodeAt(node, ...steps)?.value;
}

/** The number at a path, if there is one. */
export function numberAt(node: TreeNode | undefined, ...steps: (string | number)[]): number | undefined {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'scalar' && typeof found.value === 'number' ? found.value : undefined;
}

/** The items of the list at a path; none when there is no list. */
export function itemsAt(node: TreeNode | undefined, ...steps: (string | number)[]): readonly TreeNode[] {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'list' ? found.items : [];
}

/** The entries of the map at a path; none when there is no map. */
export function entriesAt(
  node: TreeNode | undefined,
  ...steps: (string | number)[]
): readonly (readonly [string, MapEntry])[] {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'map' ? [...found.entries] : [];
}

/** The plain value of a node. */
export function valueOf(node: TreeNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(valueOf);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, valueOf(value)]));
  }
}
