import { posix } from 'node:path';
import type { Path } from '../source/diagnostic.js';
import type { JsonObject } from '../spec/decode.js';
import { cleanPath } from '../spec/path-checks.js';
import { traced, tracedObject, type Traced, type TracedObject } from '../spec/traced.js';
import { attempt, localPath, LocalFileError, type LocalFiles, type LocalNode } from './local-files.js';
import { NodeTable, type NodeKind } from './node-table.js';
import type { Translator } from './translator.js';
import { integerIn, objectIn, objectsIn, stringIn, type Values } from './values.js';

const PLAIN_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
const DIRECTORY_MODE = 0o755;

/** Adds the contents of `storage.trees` (edge.md 1.5). Faults are reported at the tree, and walking goes on. */
export function addTrees(config: TracedObject, storage: Values, translator: Translator): void {
  const trees = objectsIn(storage, 'trees');
  if (trees.length === 0) return;
  const table = new NodeTable(config, ['storage', 'trees']);
  for (const [index, tree] of trees.entries()) {
    const from = ['storage', 'trees', index];
    if (!translator.files) {
      translator.report.error(from, 'files-dir-missing');
      return;
    }
    new TreeWalk(tree, from, table, translator, translator.files).walk();
  }
}

class TreeWalk {
  readonly #owner: JsonObject;
  readonly #fileMode: number | undefined;
  readonly #directoryMode: number | undefined;

  constructor(
    private readonly tree: Values,
    private readonly from: Path,
    private readonly table: NodeTable,
    private readonly translator: Translator,
    private readonly files: LocalFiles,
  ) {
    const user = ownerOf(objectIn(tree, 'user'));
    const group = ownerOf(objectIn(tree, 'group'));
    this.#owner = { ...(user && { user }), ...(group && { group }) };
    this.#fileMode = integerIn(tree, 'file_mode');
    this.#directoryMode = integerIn(tree, 'dir_mode');
  }

  walk(): void {
    this.translator.reporting(this.from, () => {
      const { path } = localPath(stringIn(this.tree, 'local') ?? '', this.files);
      if (!attempt(this.files, path, 'stat', () => this.files.isDirectory(path))) {
        throw new LocalFileError('tree-root-type');
      }
      this.#visit(path, stringIn(this.tree, 'path') || '/');
    });
  }

  #visit(path: string, to: string): void {
    const entered = this.translator.reporting(this.from, () => {
      const node = attempt(this.files, path, 'lstat', () => this.files.node(path));
      this.#add(node, path, cleanPath(to));
      return node.kind === 'directory' ? attempt(this.files, path, 'open', () => this.files.list(path)) : [];
    });
    for (const name of (entered ?? []).toSorted(byBytes)) this.#visit(posix.join(path, name), posix.join(to, name));
  }

  #add(node: LocalNode, path: string, to: string): void {
    if (node.kind === 'directory') this.#addDirectory(to);
    else if (node.kind === 'file') this.#addFile(path, to, node.executable);
    else if (node.kind === 'symlink') this.#addLink(path, to);
    else throw new LocalFileError('tree-node-type');
  }

  /** Directories come with their parents' defaults unless the tree says otherwise. */
  #addDirectory(to: string): void {
    if (this.#directoryMode === undefined && Object.keys(this.#owner).length === 0) return;
    if (this.table.has(to)) {
      this.translator.report.error(this.from, 'node-exists');
      return;
    }
    const directory = this.#node('directories', to);
    directory.fields.set('mode', traced(this.#directoryMode ?? DIRECTORY_MODE, this.from));
  }

  #addFile(path: string, to: string, executable: boolean): void {
    const file = this.#reuseOrAdd('files', to, (known) => hasText(contentsOf(known)?.fields.get('source')));
    const contents = contentsOf(file) ?? tracedObject(this.from);
    file.fields.set('contents', contents);
    this.translator.setContents(
      contents,
      attempt(this.files, path, 'open', () => this.files.read(path)),
      this.from,
    );
    if (file.fields.has('mode')) return;
    const mode = this.#fileMode ?? (executable ? EXECUTABLE_MODE : PLAIN_MODE);
    file.fields.set('mode', traced(mode, this.from));
  }

  #addLink(path: string, to: string): void {
    const link = this.#reuseOrAdd('links', to, (known) => hasText(known.fields.get('target')));
    link.fields.set(
      'target',
      traced(
        attempt(this.files, path, 'readlink', () => this.files.target(path)),
        this.from,
      ),
    );
  }

  /** A node of the config without contents lends its attributes. */
  #reuseOrAdd(kind: NodeKind, to: string, isComplete: (known: TracedObject) => boolean): TracedObject {
    const known = this.table.get(kind, to);
    if (known ? isComplete(known) : this.table.has(to)) throw new LocalFileError('node-exists');
    return known ?? this.#node(kind, to);
  }

  #node(kind: NodeKind, to: string): TracedObject {
    const node = traced({ path: to, ...this.#owner }, this.from) as TracedObject;
    this.table.add(kind, to, node);
    return node;
  }
}

function hasText(value: Traced | undefined): boolean {
  return value?.kind === 'scalar' && value.value !== '';
}

function contentsOf(file: TracedObject): TracedObject | undefined {
  const contents = file.fields.get('contents');
  return contents?.kind === 'object' ? contents : undefined;
}

function ownerOf(owner: Values): JsonObject | undefined {
  const id = integerIn(owner, 'id');
  const name = stringIn(owner, 'name');
  if (id === undefined && name === undefined) return undefined;
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
