/** What users write who know the same thing from elsewhere. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  persistentvolumeclaim: 'pvc',
  claimname: 'claim',
  filesystem: 'pvc',
  volume: 'pvc',
  minio: 's3',
  google: 'gcs',
  blob: 'azure',
  replicacount: 'replicas',
  strategy: 'rolloutStrategy',
  endpoint: 'regionEndpoint',
  cron: 'schedule',
};
const MAX_LENGTH = 64;

/** The field that was probably meant: known by another name, or written nearly so. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const small = name.toLowerCase();
  const other = Object.hasOwn(KNOWN_AS, small) ? KNOWN_AS[small] : undefined;
  if (other !== undefined && known.includes(other)) return other;
  if (name.length > MAX_LENGTH) return undefined;
  const [best] = known
    .map((candidate) => ({ candidate, distance: distance(small, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const limit = Math.max(1, Math.floor(name.length / 3));
  return best !== undefined && best.distance <= limit ? best.candidate : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
