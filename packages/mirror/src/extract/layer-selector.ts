import type { Descriptor } from '@longshore/oci';
import { ImageError } from './image-error.js';

/** Which layers of an image are meant; all without. */
export type LayerSelector =
  | { kind: 'all' }
  | { kind: 'index'; index: number }
  | { kind: 'range'; from: number | undefined; to: number | undefined }
  | { kind: 'digest'; prefix: string };

const SELECTOR = /^([^[\]]+)\[([^[\]]{1,200})\]$/;
const INDEX = /^-?\d{1,6}$/;
const RANGE = /^(-?\d{1,6})?:(-?\d{1,6})?$/;
const DIGEST = /^~(?:sha256:)?([0-9a-f]{1,64})$/;

/** Takes `REF[0]`, `REF[1:3]`, `REF[-1]` and `REF[~digest-prefix]` apart (registry.md 9). Errors: ImageError USAGE. */
export function splitLayerSelector(text: string): { image: string; selector: LayerSelector } {
  if (!text.endsWith(']')) return { image: text, selector: { kind: 'all' } };
  const [, image = '', inner = ''] = SELECTOR.exec(text) ?? [];
  const selector = parseSelector(inner);
  if (image !== '' && selector !== undefined) return { image, selector };
  throw new ImageError('USAGE', `${text}: the layers must be written as [0], [-1], [1:3] or [~DIGEST]`);
}

/** The layers that are meant. Negative numbers count from the end. Errors: ImageError USAGE when there are none. */
export function selectLayers(layers: readonly Descriptor[], selector: LayerSelector): Descriptor[] {
  const chosen = pick(layers, selector);
  if (chosen.length > 0 || selector.kind === 'all') return chosen;
  throw new ImageError('USAGE', `no layer is selected; the image has ${layers.length}`);
}

function pick(layers: readonly Descriptor[], selector: LayerSelector): Descriptor[] {
  switch (selector.kind) {
    case 'all':
      return [...layers];
    case 'index': {
      const layer = layers.at(selector.index);
      return layer === undefined ? [] : [layer];
    }
    case 'range':
      return layers.slice(selector.from, selector.to);
    case 'digest':
      return layers.filter(({ digest }) => digest.slice(digest.indexOf(':') + 1).startsWith(selector.prefix));
  }
}

function parseSelector(text: string): LayerSelector | undefined {
  if (INDEX.test(text)) return { kind: 'index', index: Number(text) };
  const [, prefix] = DIGEST.exec(text) ?? [];
  if (prefix !== undefined) return { kind: 'digest', prefix };
  const range = RANGE.exec(text);
  if (range === null) return undefined;
  const [from, to] = [range[1], range[2]].map((part) => (part === undefined ? undefined : Number(part)));
  return { kind: 'range', from, to };
}
