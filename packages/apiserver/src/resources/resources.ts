import { formatGroupResource, formatGroupVersion } from '@longshore/kube';
import type { ResourceDefinition, ResourceName } from '../definition.js';
import type { Key } from '../store/store.js';
import { Resource } from './resource.js';

/** The resources that are served now. They come and go with CustomResourceDefinitions. */
export class Resources {
  private readonly byVersion = new Map<string, Map<string, Resource>>();
  private readonly byName = new Map<ResourceName, Resource>();
  private readonly byPrefix = new Map<string, Resource>();
  private changes = 0;

  constructor(definitions: Iterable<ResourceDefinition> = []) {
    for (const definition of definitions) this.add(definition);
  }

  /** Grows with every change; what is worked out from all definitions is kept for as long as it stays. */
  get generation(): number {
    return this.changes;
  }

  /** Adds a definition, or puts it in the place of the one of the same group, version and plural. */
  add(definition: ResourceDefinition): Resource {
    const resource = new Resource(definition);
    const { groupVersion, groupResource } = resource;
    let version = this.byVersion.get(groupVersion);
    if (version === undefined) this.byVersion.set(groupVersion, (version = new Map<string, Resource>()));
    version.get(definition.plural)?.end();
    version.set(definition.plural, resource);
    const name = formatGroupResource(groupResource);
    const known = this.byName.get(name);
    if (known === undefined || known.groupVersion === groupVersion) {
      this.byName.set(name, resource);
      this.byPrefix.set(resource.keyPrefix, resource);
    }
    this.changes++;
    return resource;
  }

  /** Does nothing when there is none. */
  remove(group: string, version: string, plural: string): void {
    const groupVersion = formatGroupVersion({ group, version });
    const resources = this.byVersion.get(groupVersion);
    const removed = resources?.get(plural);
    if (resources === undefined || removed === undefined) return;
    resources.delete(plural);
    removed.end();
    if (resources.size === 0) this.byVersion.delete(groupVersion);
    const name = formatGroupResource(removed.groupResource);
    if (this.byName.get(name) === removed) {
      this.byName.delete(name);
      this.byPrefix.delete(removed.keyPrefix);
      const other = [...this.all()].find(({ keyPrefix }) => keyPrefix === removed.keyPrefix);
      if (other !== undefined) {
        this.byName.set(name, other);
        this.byPrefix.set(other.keyPrefix, other);
      }
    }
    this.changes++;
  }

  /** By group and version as objects name them (`apps/v1`) and plural. */
  find(groupVersion: string, plural: string): Resource | undefined {
    return this.byVersion.get(groupVersion)?.get(plural);
  }

  /** Of the object that a key names. */
  ofKey(key: Key): Resource | undefined {
    const end = key.indexOf('/', key.indexOf('/', 1) + 1);
    const prefix = key.slice(0, end + 1);
    return this.byPrefix.get(prefix);
  }

  /** By `pods` or `deployments.apps`; in the first version that was defined. */
  named(name: ResourceName): Resource | undefined {
    return this.byName.get(name);
  }

  ofKind(groupVersion: string, kind: string): Resource | undefined {
    for (const resource of this.byVersion.get(groupVersion)?.values() ?? []) {
      if (resource.definition.kind === kind) return resource;
    }
    return undefined;
  }

  /** Of one version (`apps/v1`); undefined when it is not served. */
  inVersion(groupVersion: string): readonly Resource[] | undefined {
    const resources = this.byVersion.get(groupVersion);
    return resources && [...resources.values()];
  }

  *all(): Iterable<Resource> {
    for (const resources of this.byVersion.values()) yield* resources.values();
  }
}
