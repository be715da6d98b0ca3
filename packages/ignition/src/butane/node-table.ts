import type { Path } from '../source/diagnostic.js';
import { tracedList, tracedObject, type TracedList, type TracedObject } from '../spec/traced.js';

export type NodeKind = 'files' | 'directories' | 'links';

const KINDS: readonly NodeKind[] = ['files', 'directories', 'links'];

/** The files, directories and links of a config by their path; trees and quadlets add to them. */
export class NodeTable {
  readonly #nodes: Record<NodeKind, Map<string, TracedObject>> = {
    files: new Map(),
    directories: new Map(),
    links: new Map(),
  };
  readonly #storage: TracedObject;

  /** Nodes that are added later become part of that config. */
  constructor(config: TracedObject, from: Path) {
    const storage = config.fields.get('storage');
    this.#storage = storage?.kind === 'object' ? storage : tracedObject(from);
    config.fields.set('storage', this.#storage);
    for (const kind of KINDS) {
      const list = this.#storage.fields.get(kind);
      for (const node of list?.kind === 'list' ? list.items : []) {
        const path = node.kind === 'object' ? node.fields.get('path') : undefined;
        if (node.kind === 'object' && path?.kind === 'scalar') this.#nodes[kind].set(String(path.value), node);
      }
    }
  }

  /** The node of that kind at the path. */
  get(kind: NodeKind, path: string): TracedObject | undefined {
    return this.#nodes[kind].get(path);
  }

  /** True when a node of any kind stands at the path. */
  has(path: string): boolean {
    return KINDS.some((kind) => this.#nodes[kind].has(path));
  }

  /** Adds a node; nothing may stand at its path yet. */
  add(kind: NodeKind, path: string, node: TracedObject): void {
    this.#nodes[kind].set(path, node);
    this.#list(kind, node.from).items.push(node);
  }

  #list(kind: NodeKind, from: Path): TracedList {
    const list = this.#storage.fields.get(kind);
    if (list?.kind === 'list') return list;
    const added = tracedList(from, []);
    this.#storage.fields.set(kind, added);
    return added;
  }
}
