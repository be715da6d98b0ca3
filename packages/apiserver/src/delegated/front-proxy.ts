import type { Credentials, UserInfo } from '../access/access.js';
import { ClientAuthorities } from '../access/client-authorities.js';

type Headers = NodeJS.Dict<string[]>;

/** What `kube-system/extension-apiserver-authentication` says of the proxy that passes requests on. */
export interface FrontProxySettings {
  /** PEM. */
  clientCa: string;
  /** Common names that the proxy may have; empty: any. */
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
}

/**
 * Who asked an API server that passes requests on to this one: it names its user in headers, and proves itself by a client
 * certificate (Kubernetes, "Configure the Aggregation Layer"). Headers of anybody else say nothing.
 */
export class FrontProxy {
  readonly #authorities: ClientAuthorities;

  constructor(
    private readonly settings: FrontProxySettings,
    now: () => number,
  ) {
    this.#authorities = new ClientAuthorities(settings.clientCa, now);
  }

  /** Undefined when the request does not come from the proxy, or the proxy names nobody. */
  authenticate({ clientCertificate, certificateSubject, headers: readHeaders }: Credentials): UserInfo | undefined {
    const { allowedNames, usernameHeaders, uidHeaders, groupHeaders } = this.settings;
    if (clientCertificate === undefined || certificateSubject === undefined) return undefined;
    if (allowedNames.length > 0 && !allowedNames.includes(certificateSubject.commonName)) return undefined;
    const headers = readHeaders?.() ?? {};
    const username = first(headers, usernameHeaders);
    if (username === undefined || !this.#authorities.vouchFor(clientCertificate)) return undefined;
    const uid = first(headers, uidHeaders);
    const extra = this.extra(headers);
    return {
      username,
      groups: groupHeaders.flatMap((name) => valuesOf(headers, name)),
      ...(uid !== undefined && { uid }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  }

  private extra(headers: Headers): Record<string, string[]> {
    const extra: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
    for (const prefix of this.settings.extraHeaderPrefixes.map((each) => each.toLowerCase())) {
      for (const name of Object.keys(headers)) {
        if (!name.startsWith(prefix) || name.length === prefix.length) continue;
        (extra[unescapeKey(name.slice(prefix.length))] ??= []).push(...valuesOf(headers, name));
      }
    }
    return extra;
  }
}

function first(headers: Headers, names: readonly string[]): string | undefined {
  return names.map((name) => valuesOf(headers, name)[0]).find((value) => value !== undefined && value !== '');
}

function valuesOf(headers: Headers, name: string): string[] {
  return (headers[name.toLowerCase()] ?? []).filter((each) => each !== '');
}

/** Keys of extras are percent-encoded where a header's name cannot hold them. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
