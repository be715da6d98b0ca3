const BYTES: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/**
 * Reads a size into bytes: a whole number (`4194304`) or a number with a unit, binary (`4MiB`, `4Mi`, `4M`) or decimal
 * (`4MB`). Undefined for anything else.
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,3}))? ?([KMG]?i?B?)$/.exec(text);
  const unit = match && BYTES[match[3]!];
  if (!unit) return undefined;
  const bytes = Number(`${match[1]}.${match[2] ?? '0'}`) * unit;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes with the largest binary unit that keeps the number whole: `4MiB`. */
export function formatByteSize(bytes: number): string {
  const unit = bytes === 0 ? undefined : ['GiB', 'MiB', 'KiB'].find((name) => bytes % BYTES[name]! === 0);
  return unit ? `${bytes / BYTES[unit]!}${unit}` : `${bytes}`;
}
