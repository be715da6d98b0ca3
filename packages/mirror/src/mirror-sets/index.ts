/** What tells clusters of mirrors. */
export { imageMirrors } from './image-mirrors.js';
export { installConfigYaml, mirrorSetYaml, type MirrorSetKind, type SourceMirrors } from './mirror-set.js';
export { drainReasons } from './node-drain.js';
export { LARGEST_MIRROR_FILE, parseMirrorConfiguration, type MirrorConfiguration } from './parse-mirror-sets.js';
