import type { ResourceDefinition } from '@longshore/apiserver';
import { imageKinds } from '../images/kinds.js';
import { importDefinition } from '../import/import-kind.js';
import { LayersIndex } from '../layers/layers-index.js';
import { ImageLimits } from '../limits/image-limits.js';
import { imageStreamImageKind } from '../streams/image-stream-images.js';
import { imageStreamMappingKind } from '../streams/image-stream-mappings.js';
import { imageStreamTagKind } from '../streams/image-stream-tags.js';
import { imageStreamKind } from '../streams/image-streams.js';
import { imageTagKind } from '../streams/image-tags.js';
import type { ImageApiParts } from './parts.js';

/** All kinds of `image.openshift.io/v1` (registry.md 3). `index`: shared with others who count layers. */
export function imageDefinitions(parts: ImageApiParts, index = new LayersIndex()): ResourceDefinition[] {
  const limits = new ImageLimits({ cluster: parts.cluster, index });
  const services = { parts, index, limits };
  return [
    ...imageKinds(index.note),
    imageStreamKind(services),
    imageStreamTagKind(services),
    imageTagKind(services),
    imageStreamImageKind(),
    imageStreamMappingKind(services),
    importDefinition(services),
  ];
}
