import { isTag } from '@longshore/oci';

/** A page of a tag list. */
export interface TagPage {
  tags: string[];
  /** Path and query of the next page. */
  next?: string;
}

const NEXT_LINK = /^\s*<([^<>]{1,4096})>\s*;(?:[^,]*;)?\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i;

/**
 * Reads a page (registry.md 1.9). What is no tag is left out. The next page is followed on the registry itself only.
 * Undefined when the body is no list.
 */
export function readTagPage(body: Uint8Array, link: string | string[] | undefined, url: URL): TagPage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('tags' in value)) return undefined;
  // Go servers write null for an empty list.
  const list: unknown = value.tags ?? [];
  if (!Array.isArray(list)) return undefined;
  const tags = list.filter((tag): tag is string => typeof tag === 'string' && isTag(tag));
  const next = nextPath(link, url);
  return { tags, ...(next !== undefined && { next }) };
}

function nextPath(link: string | string[] | undefined, url: URL): string | undefined {
  const target = NEXT_LINK.exec(String(link ?? '').slice(0, 8192))?.[1];
  if (target === undefined || !URL.canParse(target, url.href)) return undefined;
  const next = new URL(target, url);
  // Behind a proxy, a registry may not know its own scheme and host.
  return next.pathname === url.pathname && next.href !== url.href ? `${next.pathname}${next.search}` : undefined;
}
