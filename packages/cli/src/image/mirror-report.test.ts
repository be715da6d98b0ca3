import type { CopyEvent, CopyPlan, ImageTarget } from '@longshore/distribution';
import { describe, expect, it } from 'vitest';
import { MirrorReport } from './mirror-report.js';

const MIB = 1024 ** 2;
const target = (name: string) => ({ name }) as ImageTarget;
const [one, two] = [target('m.io/one'), target('m.io/two')];
const digest = (character: string) => `sha256:${character.repeat(64)}`;
const plan: CopyPlan = { repositories: [], stats: new Map(), blobs: [], readBytes: 6 * MIB, writeBytes: 10 * MIB };
const bytes = (count: number): CopyEvent => ({ type: 'bytes', count });
const EVENTS: CopyEvent[] = [
  { type: 'uploading', target: one, digest: digest('a'), size: 6 * MIB },
  bytes(4 * MIB),
  // The source broke off, and the blob comes again.
  bytes(-4 * MIB),
  { type: 'uploading', target: one, digest: digest('a'), size: 6 * MIB },
  bytes(6 * MIB),
  { type: 'uploading', target: two, digest: digest('b'), size: 4 * MIB },
  bytes(4 * MIB),
  { type: 'mounted', target: two, digest: digest('a'), size: 6 * MIB },
  { type: 'pushed', target: one, digest: digest('c'), tag: 'v1' },
  { type: 'pushed', target: two, digest: digest('c'), tag: 'v1' },
  { type: 'pushed', target: two, digest: digest('c'), tag: 'v2' },
];

/** Reports events of which each takes six seconds; returns what was printed. */
function report(options: { json?: boolean; dryRun?: boolean }, events = EVENTS, isTTY = false) {
  let [out, err, now] = ['', '', 0];
  const streams = {
    out: { write: (text: string) => Boolean((out += text)) },
    err: { write: (text: string) => Boolean((err += text)), isTTY },
  };
  const made = new MirrorReport(options, streams, () => now);
  made.plan(plan);
  for (const event of events) {
    now += 6000;
    made.event(event);
  }
  made.done();
  made.close();
  return { out, err, lines: out.split('\n').filter((line) => line.startsWith('{')) };
}

describe('the report of a mirroring', () => {
  it('tells of bytes, rate and time left, and in the end what each destination got', () => {
    const { out, err } = report({});
    expect(out).toBe(`${digest('c')} m.io/one:v1\n${digest('c')} m.io/two:v1\n${digest('c')} m.io/two:v2\n`);
    expect(err).toContain('info: 4MiB of 10MiB (40%), 349.5kB/s, 18s left\n');
    expect(err).toContain('info: 10MiB of 10MiB (100%), ');
    expect(err.slice(err.indexOf('\nDESTINATION'))).toBe(`
DESTINATION MANIFESTS UPLOADED MOUNTED SIZE
m.io/one    1         1        0       6MiB
m.io/two    1         1        1       4MiB

info: Mirroring completed in 1m6s (158.9kB/s)
`);
  });

  it('draws one line over and over on a terminal', () => {
    const { err } = report({}, EVENTS.slice(0, 2), true);
    expect(err).toContain('\r\u001b[K4MiB of 10MiB (40%), 349.5kB/s, 18s left\r\u001b[K');
  });

  it('is lines of JSON for programs, whose last total is exact', () => {
    const { err, out, lines } = report({ json: true });
    const events = lines.map((line) => JSON.parse(line) as { type: string; bytes?: number; total?: number });
    expect([err, out.trim().split('\n').length]).toEqual(['', lines.length]);
    const progress = events.filter(({ type }) => type === 'progress');
    expect(progress.at(-1)).toMatchObject({ bytes: 10 * MIB, total: 10 * MIB, secondsLeft: 0 });
    expect(progress.every((event) => (event.bytes ?? 0) <= (event.total ?? 0))).toBe(true);
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      dryRun: false,
      bytes: 10 * MIB,
      destinations: [
        { destination: 'm.io/one', manifests: 1, uploaded: 1, bytes: 6 * MIB, mounted: 0 },
        { destination: 'm.io/two', manifests: 1, uploaded: 1, bytes: 4 * MIB, mounted: 1 },
      ],
    });
  });

  it('has no table when nothing was done', () => {
    expect(report({}, []).err).toMatch(/^info: Planning completed in 0ms\ninfo: Mirroring completed in 0ms/);
    expect(report({ dryRun: true }, []).err).toMatch(/info: Dry run complete\n$/);
  });
});
