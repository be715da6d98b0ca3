import { isTag } from '@longshore/oci';

/** A page of a tag list. */
export interface TagPage {
  tags: string[];
  /** Path and query of the next page. */
  next?: string;
}

/** `<…>; rel="next"`, one of several links that commas part (RFC 8288). */
const LINK = /<([^<>]{1,4096})>([^<]{0,200})/g;
const REL_NEXT = /;\s{0,9}rel\s{0,9}=\s{0,9}"?next"?/i;

/**
 * Reads a page (registry.md 1.9). What is no tag is left out. The next page is one of the same list, on the registry itself:
 * behind a proxy, a registry may not know its own scheme and host. Undefined when the body is no list, or the next page none
 * of it: the list would be cut short.
 */
export function readTagPage(body: Uint8Array, link: string | string[] | undefined, url: URL): TagPage | undefined {
  const list = readList(body);
  if (list === undefined) return undefined;
  const tags = list.filter((tag): tag is string => typeof tag === 'string' && isTag(tag));
  const target = nextLink(String(link ?? ''));
  if (target === undefined) return { tags };
  if (!URL.canParse(target, url.href)) return undefined;
  const { pathname, search } = new URL(target, url);
  return pathname === url.pathname && search !== url.search ? { tags, next: `${pathname}${search}` } : undefined;
}

function readList(body: Uint8Array): unknown[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('tags' in value)) return undefined;
  // Go servers write null for an empty list.
  const list: unknown = value.tags ?? [];
  return Array.isArray(list) ? list : undefined;
}

function nextLink(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.slice(0, 16_384).matchAll(LINK)) {
    if (REL_NEXT.test(parameters)) return target;
  }
  return undefined;
}
