import type { Path } from './diagnostic.js';

/** A value of a parsed YAML or JSON text with its place: what a diagnostic points at. Offsets count UTF-16 units. */
export type SourceNode = ScalarNode | MapNode | ListNode | AliasNode;

export interface ScalarNode {
  kind: 'scalar';
  /** Start, of the anchor or tag if it has one. */
  offset: number;
  end: number;
  /** The text without quotes and escapes. In YAML, what a plain text means depends on the field. */
  value: string;
  /** Written without quotes: may be a number, a boolean or null. */
  plain: boolean;
  /** Explicit YAML tag. */
  tag?: string;
}

export interface MapNode {
  kind: 'map';
  offset: number;
  end: number;
  entries: MapEntry[];
  tag?: string;
}

export interface MapEntry {
  key: SourceNode;
  /** The key as text; empty when it is no scalar. */
  name: string;
  value: SourceNode;
}

export interface ListNode {
  kind: 'list';
  offset: number;
  end: number;
  items: SourceNode[];
  tag?: string;
}

/** A YAML alias; paths do not lead through it, since the text at its target belongs to another path. */
export interface AliasNode {
  kind: 'alias';
  offset: number;
  end: number;
  target: SourceNode;
}

/** The node at the path, or undefined. The last entry of a key wins. */
export function nodeAt(root: SourceNode, path: Path): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const part of path) node = node && childOf(node, part);
  return node;
}

/** The node at the longest part of the path that exists. */
export function deepestNode(root: SourceNode, path: Path): SourceNode {
  let node = root;
  for (const part of path) {
    const child = childOf(node, part);
    if (!child) return node;
    node = child;
  }
  return node;
}

/** The entry of a key in a map; of several, the last. */
export function entryOf(map: MapNode, name: string): MapEntry | undefined {
  if (map.entries.length <= FEW_ENTRIES) return map.entries.findLast((entry) => entry.name === name);
  let index = INDEXES.get(map);
  if (!index) INDEXES.set(map, (index = new Map(map.entries.map((entry) => [entry.name, entry]))));
  return index.get(name);
}

/** A search of as many entries takes no longer than a look into an index; a text from outside may hold 200,000 of them. */
const FEW_ENTRIES = 32;
const INDEXES = new WeakMap<MapNode, ReadonlyMap<string, MapEntry>>();

function childOf(node: SourceNode, part: string | number): SourceNode | undefined {
  if (node.kind === 'map' && typeof part === 'string') return entryOf(node, part)?.value;
  if (node.kind === 'list' && typeof part === 'number') return node.items[part];
  return undefined;
}
