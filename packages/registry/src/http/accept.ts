/**
 * True when an Accept header (undefined: none sent) lets us answer with `mediaType`: it is listed, or a wildcard covers it,
 * or nothing is listed. q-values are tolerated; q=0 excludes, and what is more specific counts (RFC 9110, 12.5.1).
 */
export function accepts(header: string | undefined, mediaType: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const exact = mediaType.toLowerCase();
  const items = header.split(',').map(parseItem);
  for (const range of [exact, exact.replace(/\/.*$/, '/*'), '*/*']) {
    const listed = items.filter((item) => item.range === range);
    if (listed.length > 0) return listed.some(({ excluded }) => !excluded);
  }
  return false;
}

function parseItem(item: string): { range: string; excluded: boolean } {
  const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  return { range, excluded: parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) };
}

/** True when an If-None-Match header names the digest, quoted, weak or bare. */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => {
    const bare = tag.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
    return bare === digest || bare === '*';
  });
}
