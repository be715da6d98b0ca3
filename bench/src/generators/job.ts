/** What the parent process and a generator tell each other, in this order. */
export type ToGenerator = { kind: 'job'; job: unknown } | { kind: 'go' };
export type FromGenerator = { kind: 'ready' } | { kind: 'done'; result: unknown } | { kind: 'failed'; message: string };

/**
 * The main function of a generator process: receives a job, prepares (connects, warms up, computes digests), says that it
 * is ready, waits for the signal, works, reports.
 */
export function serveJob<Job, Result>(prepare: (job: Job) => Promise<() => Promise<Result>>): void {
  const say = (message: FromGenerator) => process.send?.(message);
  const failed = (error: unknown) =>
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  let work: (() => Promise<Result>) | undefined;
  process.on('message', (message: ToGenerator) => {
    if (message.kind === 'job') {
      prepare(message.job as Job).then((prepared) => {
        work = prepared;
        say({ kind: 'ready' });
      }, failed);
    } else {
      work?.().then((result) => say({ kind: 'done', result }), failed);
    }
  });
  process.on('disconnect', () => process.exit());
}
