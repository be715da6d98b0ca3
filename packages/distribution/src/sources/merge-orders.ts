/**
 * Merges ordered lists into one that keeps the order of each, alphabetical where the lists say nothing. Where they contradict
 * each other, the alphabetically first goes first (mirror.md 6: `a,b` and `b,a` give `a,b`).
 */
export function mergeOrders(lists: readonly (readonly string[])[]): string[] {
  const before = predecessors(lists);
  const merged: string[] = [];
  while (before.size > 0) {
    const waiting = [...before.keys()].sort();
    const next = waiting.find((item) => before.get(item)?.size === 0) ?? waiting[0];
    if (next === undefined) break;
    merged.push(next);
    before.delete(next);
    for (const items of before.values()) items.delete(next);
  }
  return merged;
}

function predecessors(lists: readonly (readonly string[])[]): Map<string, Set<string>> {
  const before = new Map<string, Set<string>>();
  for (const list of lists) {
    for (const [index, item] of list.entries()) {
      const known = before.get(item) ?? new Set();
      const previous = list[index - 1];
      if (previous !== undefined && previous !== item) known.add(previous);
      before.set(item, known);
    }
  }
  return before;
}
