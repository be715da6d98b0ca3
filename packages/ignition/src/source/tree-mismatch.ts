import { formatPath, type Path } from './diagnostic.js';

/** What the reference says of a section whose text is not the map that its values came from. */
export function treeMismatch(path: Path): string {
  return `context tree does not match content tree at ${formatPath(path)}. Line and column reporting may be inconsistent. Unused keys may not be reported`;
}
