/** Kinds of `config.openshift.io` and its older kin that say from where images come (registry.md 4.3, 4.4). */
import type { KubeObject } from '../object.js';
import type { ImportMode } from './image-types.js';

/** `images.config.openshift.io/cluster`. */
export interface ImageConfig extends KubeObject {
  spec: {
    allowedRegistriesForImport?: RegistryLocation[];
    externalRegistryHostnames?: string[];
    additionalTrustedCA?: { name: string };
    registrySources?: RegistrySources;
    imageStreamImportMode?: '' | ImportMode;
  };
  status?: {
    internalRegistryHostname?: string;
    externalRegistryHostnames?: string[];
    imageStreamImportMode?: ImportMode;
  };
}

export interface RegistryLocation {
  /** Globs per label, with or without a port. */
  domainName: string;
  insecure?: boolean;
}

export interface RegistrySources {
  insecureRegistries?: string[];
  blockedRegistries?: string[];
  allowedRegistries?: string[];
  containerRuntimeSearchRegistries?: string[];
}

export interface ImageMirrors {
  /** Host, host/path or `*.domain`. */
  source: string;
  mirrors?: string[];
  mirrorSourcePolicy?: 'AllowContactingSource' | 'NeverContactSource';
}

export interface ImageDigestMirrorSet extends KubeObject {
  spec: { imageDigestMirrors?: ImageMirrors[] };
}

export interface ImageTagMirrorSet extends KubeObject {
  spec: { imageTagMirrors?: ImageMirrors[] };
}

export interface ImageContentSourcePolicy extends KubeObject {
  spec: { repositoryDigestMirrors?: Pick<ImageMirrors, 'source' | 'mirrors'>[] };
}
