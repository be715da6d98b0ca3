import { ancestors } from './entry-path.js';
import type { LayerEntry } from './layer-entries.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** What layers have laid over those below them. */
class Cover {
  readonly removed = new Set<string>();
  /** Folders whose content of the layers below is gone. */
  readonly opaque = new Set<string>();
  readonly files = new Set<string>();
  readonly folders = new Set<string>();
  /** Folders that have no entry of their own. */
  readonly implied = new Set<string>();

  hides(path: string, isFolder: boolean): boolean {
    if (!isFolder && this.implied.has(path)) return true;
    if (this.removed.has(path) || this.files.has(path) || this.folders.has(path)) return true;
    const above = path === '' ? [] : ['', ...ancestors(path)];
    return above.some((one) => this.removed.has(one) || this.opaque.has(one) || this.files.has(one));
  }

  add(other: Cover): void {
    for (const kind of ['removed', 'opaque', 'files', 'folders', 'implied'] as const) {
      for (const path of other[kind]) this[kind].add(path);
    }
  }
}

/**
 * What of an image's layers can be seen (OCI image specification, layers: whiteouts), when they are read from the last to the first:
 * so each file is written once, and none through what an earlier layer had there.
 */
export class LayerView {
  readonly #above = new Cover();
  #layer = new Cover();

  /** Goes on to the layer below. */
  descend(): void {
    this.#above.add(this.#layer);
    this.#layer = new Cover();
  }

  /** Whether an entry of the current layer is to be seen in the image. Of a whiteout it takes note. */
  shows({ path, type }: Pick<LayerEntry, 'path' | 'type'>): boolean {
    const slash = path.lastIndexOf('/');
    const [folder, name] = [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
    if (name === OPAQUE) this.#layer.opaque.add(folder);
    // `.wh..wh.` begins what aufs keeps for itself.
    else if (name.startsWith(WHITEOUT) && !name.startsWith(WHITEOUT.repeat(2))) {
      const removed = name.slice(WHITEOUT.length);
      if (removed !== '') this.#layer.removed.add(folder === '' ? removed : `${folder}/${removed}`);
    }
    if (name.startsWith(WHITEOUT) || this.#above.hides(path, type === 'directory')) return false;
    (type === 'directory' ? this.#layer.folders : this.#layer.files).add(path);
    for (const above of ancestors(path)) this.#layer.implied.add(above);
    return true;
  }
}
