import type { CredentialEntry, LoginOutcome } from '@longshore/distribution';
import { isRegistryHost } from '@longshore/oci';

/**
 * What a registry says of an entry:
 *
 * - `accepted`, `not-asked` (it lets everybody in), `refused`;
 * - `no-registry`: something else answers there, as at cloud.openshift.com, which is in each pull secret;
 * - `failed`: it cannot be asked; `not-checked`: the entry is a pattern of hosts.
 */
export type LoginVerdict = LoginOutcome | 'refused' | 'no-registry' | 'failed' | 'not-checked';

export interface EntryVerdict {
  /** The host, and the path when the entry is for a part of it. */
  registry: string;
  login: LoginVerdict;
  /** The repository to which the entry may push; false: to none of those that were tried. Absent: not tried. */
  writes?: string | false;
  /** Why it is so, when that is to be told. */
  message?: string;
}

/** Who is asked; `CredentialChecker` fits. */
export interface Checker {
  login(
    host: string,
    credential: CredentialEntry['credential'],
    options: { signal: AbortSignal },
  ): Promise<LoginOutcome>;
  mayPush(
    repository: { host: string; name: string },
    credential: CredentialEntry['credential'],
    options: { signal: AbortSignal },
  ): Promise<boolean>;
}

export interface CheckOptions {
  /** Repositories in which to try whether an entry for a whole host may push. Undefined: pushes are not tried. */
  writeRepositories?: readonly string[];
  signal: AbortSignal;
}

const AT_A_TIME = 8;
const LONGEST_CHECK_MS = 60_000;
const REFUSALS: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'WRONG_CREDENTIALS', 'DENIED']);
/** Stands below the path of an entry, which may be a repository or a part of its name. */
const BELOW = 'longshore-write-check';

/** `registry.example.com:5000`, or `quay.io/team` for a part of a registry. */
export function entryName({ host, path }: CredentialEntry): string {
  return path === '' ? host : `${host}/${path}`;
}

/** Asks the registry of each entry, some at a time. Errors: the signal's reason. */
export async function checkEntries(
  entries: readonly CredentialEntry[],
  checker: Checker,
  options: CheckOptions,
): Promise<EntryVerdict[]> {
  const verdicts: EntryVerdict[] = [];
  for (let start = 0; start < entries.length; start += AT_A_TIME) {
    const some = entries.slice(start, start + AT_A_TIME);
    verdicts.push(...(await Promise.all(some.map((entry) => checkEntry(entry, checker, options)))));
  }
  return verdicts;
}

async function checkEntry(entry: CredentialEntry, checker: Checker, options: CheckOptions): Promise<EntryVerdict> {
  const { host, path, credential } = entry;
  const registry = entryName(entry);
  if (!isRegistryHost(host)) return { registry, login: 'not-checked', message: 'a pattern of hosts' };
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(LONGEST_CHECK_MS)]);
  let login: LoginVerdict = 'failed';
  try {
    login = await checker.login(host, credential, { signal });
    if (options.writeRepositories === undefined) return { registry, login };
    const names = path === '' ? options.writeRepositories : [path, `${path}/${BELOW}`];
    for (const name of names) {
      if (await checker.mayPush({ host, name }, credential, { signal })) return { registry, login, writes: name };
    }
    return { registry, login, writes: false };
  } catch (error) {
    options.signal.throwIfAborted();
    const { message, code } = error as Error & { code?: string };
    if (login !== 'failed') return { registry, login, message: `whether it may push is not known: ${message}` };
    const verdict = code === 'NOT_A_REGISTRY' ? 'no-registry' : REFUSALS.has(code ?? '') ? 'refused' : 'failed';
    return { registry, login: verdict, message };
  }
}

/** Whether the file is as it should be: entries work, and none may push where that was tried. */
export function isGood({ login, writes, message }: EntryVerdict): boolean {
  const works = login === 'accepted' || login === 'not-asked';
  if (!works) return login === 'no-registry' || login === 'not-checked';
  return (writes === undefined || writes === false) && message === undefined;
}
