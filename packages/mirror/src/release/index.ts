/** Releases: what is in them, where their images go, and the tools that they bring. */
export {
  compareReleases,
  sourceOfComponent,
  type ChangedComponent,
  type ReleaseDifference,
} from './compare-releases.js';
export { CLOUDS, credentialsRequests } from './credentials-requests.js';
export { parseImageReferences, type ReleaseComponent } from './image-references.js';
export { findComponent, readComponent, readComponents } from './read-components.js';
export { componentManifests, readRelease, type Release } from './read-release.js';
export { parseReleaseDestination, type ReleaseDestination } from './release-destination.js';
export { ReleaseError } from './release-error.js';
export { releaseFiles, releaseLayer, type ReleaseContent } from './release-files.js';
export { releaseMappings, releaseMirrors, type ReleaseMirroring } from './release-mappings.js';
export { extractTool, packTool, RELEASE_TOOLS, type ReleaseTool } from './release-tools.js';
