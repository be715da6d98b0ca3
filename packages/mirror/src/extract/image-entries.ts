import type { Blob, Waiting } from '@longshore/distribution';
import { layerEntries, type LayerEntry, type ReadLimits } from './layer-entries.js';
import { LayerView } from './layer-view.js';
import type { ReadableSource } from './readable-source.js';

export interface ImageEntry extends LayerEntry {
  layer: Blob;
}

/**
 * What can be seen in an image, layer by layer from the last to the first. Of one layer, a later entry replaces an earlier one of
 * the same path. Errors: those of layerEntries.
 */
export async function* imageEntries(
  source: ReadableSource,
  layers: readonly Blob[],
  limits: ReadLimits,
  options: Waiting,
): AsyncGenerator<ImageEntry, void, undefined> {
  const view = new LayerView();
  for (const layer of [...layers].reverse()) {
    for await (const entry of layerEntries(source, layer, limits, options)) {
      if (view.shows(entry)) yield { ...entry, layer };
    }
    view.descend();
  }
}

/** As they stand in the archives, from the first layer to the last, hidden ones and whiteouts too. Errors: as above. */
export async function* allEntries(
  source: ReadableSource,
  layers: readonly Blob[],
  limits: ReadLimits,
  options: Waiting,
): AsyncGenerator<ImageEntry, void, undefined> {
  for (const layer of layers) {
    for await (const entry of layerEntries(source, layer, limits, options)) yield { ...entry, layer };
  }
}
