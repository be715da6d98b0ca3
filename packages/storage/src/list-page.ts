import type { ListOptions, ListPage } from './driver.js';

/** Cuts the page that `options` asks for out of all names of a folder, which may come in any order. */
export function pageOf(names: readonly string[], { after, limit = Infinity }: ListOptions): ListPage {
  const rest = after === undefined ? [...names] : names.filter((name) => name > after);
  // Without a comparison function, sort orders by UTF-16 code units.
  rest.sort();
  return { names: limit < rest.length ? rest.slice(0, limit) : rest, more: limit < rest.length };
}
