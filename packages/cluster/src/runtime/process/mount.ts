import type { Container } from 'kubernetes-types/core/v1.js';
import { posix } from 'node:path';
import { ContainerConfigError } from './container-config-error.js';
import { expand } from './environment.js';

/** A folder or file of the machine that a container sees at a place of its own. */
export interface Mount {
  source: string;
  /** Absolute, without `..` and without a slash at its end. */
  target: string;
  readOnly: boolean;
}

/**
 * The mounts of a container. `folders`: where the content of each volume is. Errors: ContainerConfigError for a volume that
 * is not there, and for paths that lead out of it.
 */
export function containerMounts(
  container: Container,
  folders: ReadonlyMap<string, { path: string; readOnly: boolean }>,
  environment: Readonly<Record<string, string>>,
): Mount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '', subPathExpr, readOnly = false }) => {
    const folder = folders.get(name);
    if (folder === undefined) throw new ContainerConfigError(`there is no volume ${name}`);
    const inside = subPathExpr ? expand(subPathExpr, environment) : subPath;
    if (posix.isAbsolute(inside) || inside.split('/').includes('..')) {
      throw new ContainerConfigError(`subPath ${inside} of volume ${name} leads out of it`);
    }
    const target = posix.resolve('/', mountPath);
    if (target === '/') throw new ContainerConfigError(`volume ${name} cannot take the place of the root folder`);
    return { source: posix.join(folder.path, inside), target, readOnly: readOnly || folder.readOnly };
  });
}

/**
 * The same text with paths below a mount replaced by those of the machine: for machines where a process cannot see folders
 * at places of its own. A path is replaced where the text begins with it, and behind `=`, `:`, `,` and blanks.
 */
export function translatePaths(text: string, mounts: readonly Mount[]): string {
  const longestFirst = [...mounts].sort((a, b) => b.target.length - a.target.length);
  return text.replace(/(^|[=:,\s])(\/[^=:,\s]*)/g, (_whole, before: string, path: string) => {
    const mount = longestFirst.find(({ target }) => path === target || path.startsWith(`${target}/`));
    return mount === undefined ? `${before}${path}` : `${before}${mount.source}${path.slice(mount.target.length)}`;
  });
}
