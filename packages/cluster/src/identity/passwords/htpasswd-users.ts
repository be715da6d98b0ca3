import type { ObjectAccess } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { ComparePassword } from '@longshore/registry';
import { bcryptCost, parseHtpasswd } from '@longshore/registry/htpasswd';
import type { IdentityProvider } from '../objects.js';

const NAMESPACE = 'openshift-config';
const KEY = 'htpasswd';
const DEFAULT_COST = 10;

interface Table {
  /** Of the Secret. */
  version: string;
  hashes: ReadonlyMap<string, string>;
}

/**
 * The users of htpasswd Secrets (key `htpasswd` in `openshift-config`). While a Secret is malformed, the users that it held before
 * stay; entries that are no bcrypt make it malformed.
 */
export class HtpasswdUsers {
  private readonly tables = new Map<string, Table>();

  constructor(
    private readonly objects: ObjectAccess,
    private readonly compare: ComparePassword,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Whether the provider has this user with this password; takes as long for a user that it does not have. */
  async verify({ htpasswd }: IdentityProvider, user: string, password: string): Promise<boolean> {
    const hashes = await this.read(htpasswd?.fileData.name ?? '');
    const stored = hashes.get(user);
    const isEqual = await this.compare(password, stored ?? dummyHash(hashes.values()));
    return isEqual && stored !== undefined;
  }

  private async read(name: string): Promise<ReadonlyMap<string, string>> {
    const secret = await this.objects.get<KubeObject & { data?: Record<string, string> }>('secrets', NAMESPACE, name);
    if (secret === undefined) {
      this.tables.delete(name);
      return new Map();
    }
    const version = secret.metadata.resourceVersion ?? '';
    const known = this.tables.get(name);
    if (known?.version === version) return known.hashes;
    let hashes = known?.hashes ?? new Map<string, string>();
    try {
      hashes = parseHtpasswd(Buffer.from(secret.data?.[KEY] ?? '', 'base64').toString('utf8'));
    } catch (error) {
      this.onError(new Error(`Secret ${NAMESPACE}/${name} cannot be used for logins`, { cause: error }));
    }
    this.tables.set(name, { version, hashes });
    return hashes;
  }
}

/** A hash that belongs to no password we know, of the cost that most of the users have. */
export function dummyHash(hashes: Iterable<string>): string {
  const users = new Map<number, number>();
  for (const hash of hashes) {
    const cost = bcryptCost(hash) ?? DEFAULT_COST;
    users.set(cost, (users.get(cost) ?? 0) + 1);
  }
  const [[cost] = [DEFAULT_COST]] = [...users].sort(([, a], [, b]) => b - a);
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
