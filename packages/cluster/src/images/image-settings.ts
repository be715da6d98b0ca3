import type { RegistryHostnames } from '@longshore/images';
import { isDeepStrictEqual } from 'node:util';
import type { ImageConfig, ImportMode } from '@longshore/kube';
import type { Controller } from '@longshore/apiserver';

export const IMAGE_CONFIGS = 'images.config.openshift.io';
const NAME = 'cluster';
/** Nothing is lost: whoever wants one architecture says so (registry.md 10). */
const DEFAULT_IMPORT_MODE: ImportMode = 'PreserveOriginal';

/** What `images.config.openshift.io/cluster` says, at hand for those who need it now (registry.md 4.3). */
export class ImageSettings {
  #internal: string | undefined;
  #external: readonly string[] = [];
  #importMode = DEFAULT_IMPORT_MODE;

  get hostnames(): RegistryHostnames {
    return { ...(this.#internal !== undefined && { internal: this.#internal }), external: this.#external };
  }

  get importMode(): ImportMode {
    return this.#importMode;
  }

  /** The registry is there: `host:port`. */
  registryAt(address: string): void {
    this.#internal = address;
  }

  /** Takes what the operator of the registry found, beside what is wanted. */
  follow({ spec, status }: Pick<ImageConfig, 'spec' | 'status'>): void {
    this.#internal = status?.internalRegistryHostname || undefined;
    const names = [...(spec.externalRegistryHostnames ?? []), ...(status?.externalRegistryHostnames ?? [])];
    this.#external = [...new Set(names)];
    this.#importMode = spec.imageStreamImportMode || DEFAULT_IMPORT_MODE;
  }

  /** Takes what is wanted; returns what holds. */
  apply({
    externalRegistryHostnames = [],
    imageStreamImportMode,
  }: ImageConfig['spec']): NonNullable<ImageConfig['status']> {
    this.#external = externalRegistryHostnames;
    this.#importMode = imageStreamImportMode || DEFAULT_IMPORT_MODE;
    return {
      ...(this.#internal !== undefined && { internalRegistryHostname: this.#internal }),
      ...(this.#external.length > 0 && { externalRegistryHostnames: [...this.#external] }),
      imageStreamImportMode: this.#importMode,
    };
  }
}

/**
 * Keeps the settings as the configuration has them, and its status as they are. `isOperated`: an operator writes that status
 * (operator.md 6.2); it is only read.
 */
export function imageConfigController(settings: ImageSettings, isOperated: boolean): Controller {
  return {
    name: 'image-config',
    follows: { [IMAGE_CONFIGS]: ({ metadata }) => (metadata.name === NAME ? [NAME] : []) },
    async reconcile(_key, objects) {
      const config = await objects.get<ImageConfig>(IMAGE_CONFIGS, '', NAME);
      if (isOperated) return settings.follow(config ?? { spec: {} });
      const status = settings.apply(config?.spec ?? {});
      if (config === undefined || isDeepStrictEqual(config.status, status)) return;
      await objects.updateStatus(IMAGE_CONFIGS, { ...config, status });
    },
  };
}
