/** Closes each, one after the other, also when one of them fails. Errors: the first failure. */
export async function closeAll(closes: Iterable<() => Promise<void>>): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closes) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
