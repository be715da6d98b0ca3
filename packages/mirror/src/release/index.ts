/** Releases: what is in them, where their images go, and the tools that they bring. */
export {
  compareReleases,
  sourceOfComponent,
  type ChangedComponent,
  type ReleaseDifference,
} from './compare-releases.js';
export { CLOUDS, credentialsRequests } from './credentials-requests.js';
export { parseComponentMapping, readComponentMappings } from './component-mapping.js';
export { ComponentSource } from './component-source.js';
export { parseComponentVersions } from './component-versions.js';
export { type ReleaseComponent } from './image-references.js';
export { KeptSource } from './kept-source.js';
export { findComponent, platformOf, readComponents } from './read-components.js';
export { componentManifests, readRelease, type Release } from './read-release.js';
export { parseReleaseDestination, type ReleaseDestination } from './release-destination.js';
export { ReleaseError } from './release-error.js';
export { imageReferences, releaseFiles, releaseLayer, type ReleaseContent } from './release-files.js';
export { readReleaseFolder, writeReleaseFolder, type ReleaseFolder } from './release-folder.js';
export { componentMappings, releaseMappings, releaseMirrors, type ReleaseMirroring } from './release-mappings.js';
export { componentsOfStream, type ReferenceMode } from './stream-components.js';
export { extractTool, packTool, RELEASE_TOOLS, type ReleaseTool } from './release-tools.js';
