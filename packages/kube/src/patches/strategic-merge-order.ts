import { isJsonObject, jsonEqual, type JsonValue } from '../json.js';

/** Whether two items of a list stand for the same: by the merge key, or by value where there is none. */
export function isSameItem(a: JsonValue, b: JsonValue, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined) return jsonEqual(a, b);
  return isJsonObject(a) && isJsonObject(b) && jsonEqual(a[mergeKey], b[mergeKey]);
}

/** Finds positions of items in a list in constant time. */
class Positions {
  private readonly positions = new Map<string, number>();

  constructor(
    list: readonly JsonValue[],
    private readonly mergeKey: string | undefined,
  ) {
    list.forEach((item, index) => {
      const key = this.keyOf(item);
      if (!this.positions.has(key)) this.positions.set(key, index);
    });
  }

  of(item: JsonValue): number | undefined {
    return this.positions.get(this.keyOf(item));
  }

  private keyOf(item: JsonValue): string {
    const identity = this.mergeKey === undefined ? item : isJsonObject(item) ? (item[this.mergeKey] ?? null) : null;
    return JSON.stringify(identity);
  }
}

/**
 * Orders a merged list (apimachinery `normalizeElementOrder`): items named by `wanted` stand in its order, the others in the
 * order that the server had, and each of the others before a wanted item only where the server had it before that one.
 */
export function orderMerged(
  merged: readonly JsonValue[],
  wanted: readonly JsonValue[],
  server: readonly JsonValue[],
  mergeKey: string | undefined,
): JsonValue[] {
  const inWanted = new Positions(wanted, mergeKey);
  const inServer = new Positions(server, mergeKey);
  const position = (positions: Positions, item: JsonValue) => positions.of(item) ?? Infinity;
  const sorted = (items: JsonValue[], positions: Positions) =>
    items.sort((a, b) => {
      const [left, right] = [position(positions, a), position(positions, b)];
      return left === right ? 0 : left < right ? -1 : 1;
    });
  const named = sorted(
    merged.filter((item) => inWanted.of(item) !== undefined),
    inWanted,
  );
  const others = sorted(
    merged.filter((item) => inWanted.of(item) === undefined),
    inServer,
  );
  return interleave(others, named, inServer);
}

function interleave(others: JsonValue[], named: JsonValue[], inServer: Positions): JsonValue[] {
  const ordered: JsonValue[] = [];
  let next = 0;
  for (const item of named) {
    const place = inServer.of(item);
    while (next < others.length && place !== undefined) {
      const other = inServer.of(others[next] as JsonValue);
      if (other === undefined || other >= place) break;
      ordered.push(others[next++] as JsonValue);
    }
    ordered.push(item);
  }
  return [...ordered, ...others.slice(next)];
}
