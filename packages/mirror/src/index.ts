export { expandMappings } from './expand.js';
export { readMappings, type Mapping, type MappingFile } from './mapping.js';
export { MirrorError } from './mirror-error.js';
export { mirrorImages, type MirrorOptions, type MirrorProblem, type MirrorResult } from './mirror-images.js';
export { Places, type PlaceOptions } from './places.js';
export { planText } from './plan-text.js';
export { binarySize, byteRate, shortDuration } from './units.js';
