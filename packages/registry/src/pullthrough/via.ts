import { RemoteError } from '@longshore/distribution';

/**
 * Names the repositories through which a pull has come, the first one first, as URLs or URNs separated by commas. OpenShift's
 * registry sends its own URL alone (reference registry 4.1).
 */
export const VIA_HEADER = 'x-registry-request-url';
/** A longer chain of registries is taken for a loop. */
const MAX_HOPS = 5;
const MAX_LENGTH = 4096;

/** The way that a pull has come so far. */
export interface Via {
  /** What to send upstream. */
  header: string;
  /** Hosts of which one knows that they wait for the answer, with ports. */
  hosts: ReadonlySet<string>;
}

/**
 * Adds `own`, which stands for the repository in this registry, to the header of a request. Errors: RemoteError LOOP when it is in
 * there already, or the way is too long.
 */
export function extendVia(header: string | undefined, own: string): Via {
  const passed = (header ?? '').split(',', MAX_HOPS + 1).map((url) => url.trim());
  const before = passed.filter((url) => url !== '');
  if (before.includes(own)) throw new RemoteError('LOOP', 'the repository is pulled through itself');
  if (before.length >= MAX_HOPS || (header?.length ?? 0) > MAX_LENGTH) {
    throw new RemoteError('LOOP', `the pull has come through ${MAX_HOPS} registries already`);
  }
  return { header: [...before, own].join(', '), hosts: new Set(before.flatMap(hostOf)) };
}

function hostOf(url: string): string[] {
  try {
    const { host } = new URL(url);
    return host === '' ? [] : [host];
  } catch {
    return [];
  }
}
