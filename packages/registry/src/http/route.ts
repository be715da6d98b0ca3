import { isRepositoryName, RegistryError } from '@longshore/oci';

/** Which resource a path names (reference registry 1.2, 1.10, 2.1). */
export type Route =
  | { kind: 'base' | 'base-without-slash' | 'catalog' | 'token' | 'metrics' | 'liveness' | 'readiness' }
  | { kind: 'tags' | 'uploads'; repository: string }
  | { kind: 'manifest'; repository: string; reference: string }
  | { kind: 'blob' | 'referrers' | 'signatures'; repository: string; digest: string }
  | { kind: 'admin-blob'; digest: string }
  | { kind: 'upload'; repository: string; id: string };

const FIXED: ReadonlyMap<string, Route> = new Map([
  ['/', { kind: 'liveness' }],
  ['/healthz', { kind: 'liveness' }],
  ['/livez', { kind: 'liveness' }],
  ['/readyz', { kind: 'readiness' }],
  ['/openshift/token', { kind: 'token' }],
  ['/extensions/v2/metrics', { kind: 'metrics' }],
  ['/v2', { kind: 'base-without-slash' }],
  ['/v2/', { kind: 'base' }],
  ['/v2/_catalog', { kind: 'catalog' }],
]);

const MAX_PATH = 4096;

/**
 * Reads a request path (percent-encoded, without query). Undefined when no such resource exists. Errors: NAME_INVALID when
 * the resource is right and the repository name is not.
 */
export function matchRoute(encodedPath: string): Route | undefined {
  if (encodedPath.length > MAX_PATH) return undefined;
  const path = decode(encodedPath);
  return path === undefined ? undefined : (FIXED.get(path) ?? matchRepository(path) ?? matchExtension(path));
}

const ADMIN_BLOBS = '/admin/blobs/';
const SIGNATURES = /^\/extensions\/v2\/(.+)\/signatures\/([^/]+)$/;

/** What OpenShift's registry has beside the specification. */
function matchExtension(path: string): Route | undefined {
  if (path.startsWith(ADMIN_BLOBS)) {
    const digest = path.slice(ADMIN_BLOBS.length);
    return digest === '' || digest.includes('/') ? undefined : { kind: 'admin-blob', digest };
  }
  const [, name, digest] = SIGNATURES.exec(path) ?? [];
  if (name === undefined || digest === undefined) return undefined;
  return { kind: 'signatures', repository: named(name), digest };
}

function decode(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Reads `/v2/<name>/<what>/<which>` from its end: a name may hold any of these words. */
function matchRepository(path: string): Route | undefined {
  if (!path.startsWith('/v2/')) return undefined;
  const which = path.lastIndexOf('/');
  const what = path.lastIndexOf('/', which - 1);
  const last = path.slice(which + 1);
  const route = path.slice(what + 1, which);
  if (what < 4) return undefined;
  const name = path.slice(4, what);
  if (route === 'manifests' && last !== '') return { kind: 'manifest', repository: named(name), reference: last };
  if (route === 'referrers' && last !== '') return { kind: 'referrers', repository: named(name), digest: last };
  if (route === 'tags' && last === 'list') return { kind: 'tags', repository: named(name) };
  if (route === 'uploads' && name.endsWith('/blobs')) {
    const repository = named(name.slice(0, -'/blobs'.length));
    return last === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, id: last };
  }
  if (route === 'blobs' && last === 'uploads') return { kind: 'uploads', repository: named(name) };
  if (route === 'blobs' && last !== '') return { kind: 'blob', repository: named(name), digest: last };
  return undefined;
}

function named(name: string): string {
  if (isRepositoryName(name)) return name;
  throw new RegistryError('NAME_INVALID', { detail: { name: name.slice(0, 256) } });
}
