import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseIgnition } from '@longshore/ignition';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lint } from '../lint/lint.js';
import { readExpectation } from '../verify/read-expectation.js';
import { completeIntent, type IntentInput } from './intent.js';
import { PlanError } from './plan-error.js';
import { planSite } from './site-plan.js';

const disk = '/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0';

/** Whole plans whose files are kept in `vectors/plan`; after a wanted change: UPDATE_GOLDEN=1, and read the difference. */
const GOLDEN: Record<string, IntentInput> = {
  'containers-after-250000': {
    cluster: 'sno-a',
    disk,
    diskSizeMiB: 457_344,
    partitions: [{ purpose: 'containers', startMiB: 250_000, size: 'rest' }],
  },
  'registry-wave-100': {
    site: 'site-a',
    cluster: 'sno-a',
    node: 'node1.sno-a.example.com',
    disk,
    diskSizeMiB: 457_344,
    partitions: [{ purpose: 'registry', size: 102_500 }],
    wave: 100,
  },
  'all-purposes-clusterinstance': {
    site: 'site-a',
    cluster: 'sno-a',
    disk: '0x6b07b250ebb9d0002a33509f24af1f62',
    diskSizeMiB: 953_869,
    partitions: [
      { purpose: 'containers', size: 'rest' },
      { purpose: 'registry', size: 102_500 },
      { purpose: 'precache', size: 250 * 1024, label: 'images' },
    ],
    target: 'clusterinstance',
    bindingRules: { 'group-du-sno': '', zone: 'a,b' },
  },
};

const goldenFolder = (name: string) => join(import.meta.dirname, '../../vectors/plan', name);

describe('the plan', () => {
  it.each(Object.entries(GOLDEN))('%s has the files that are kept', (name, input) => {
    const { files } = planSite(completeIntent(input));
    const folder = goldenFolder(name);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      for (const [path, text] of files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    }
    const kept = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    expect(kept.sort()).toEqual([...files.keys()].sort());
    for (const [path, text] of files) expect(text, path).toBe(readFileSync(join(folder, path), 'utf8'));
  });

  it('follows the placement of the product: disk - size - 10000 MiB', () => {
    const { layout, expectation } = planSite(completeIntent(GOLDEN['registry-wave-100'] ?? {}));
    expect(layout.partitions[0]).toMatchObject({ startMiB: 344_844, sizeMiB: 102_500 });
    expect(expectation).toMatchObject({
      rootGiB: '336.3',
      partitions: [{ sizeGiB: '100.1' }],
      registry: { storage: '100Gi' },
    });
  });

  it('gives the sizes that lsblk shows for all that is left', () => {
    const { expectation } = planSite(completeIntent(GOLDEN['containers-after-250000'] ?? {}));
    expect(expectation).toMatchObject({ rootGiB: '243.6', partitions: [{ sizeGiB: '202.5' }] });
  });
});

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const sizeOf = (purpose: string) =>
  purpose === 'containers'
    ? fc.oneof(fc.constant('rest' as const), fc.integer({ min: 2048, max: 200_000 }))
    : fc.integer({ min: 2048, max: 200_000 });
const intents = fc
  .record({
    site: label,
    cluster: label,
    disk: fc.constantFrom(disk, '0x6b07b250ebb9d0002a33509f24af1f62', '/dev/disk/by-id/wwn-0x5000c500a0b1c2d3'),
    diskSizeMiB: fc.integer({ min: 200_000, max: 4_000_000 }),
    rootMinMiB: fc.integer({ min: 25_000, max: 200_000 }),
    purposes: fc.subarray(['containers', 'registry', 'precache'] as const, { minLength: 1 }),
    wave: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
    target: fc.constantFrom('siteconfig' as const, 'clusterinstance' as const),
  })
  .chain(({ purposes, wave, ...rest }) =>
    fc.tuple(...purposes.map((purpose) => sizeOf(purpose).map((size) => ({ purpose, size })))).map((partitions) => ({
      ...rest,
      ...(wave === undefined ? {} : { wave }),
      partitions,
    })),
  );

/** Plans a random intent; undefined where the disk is too small for it. */
function tryPlan(input: IntentInput) {
  try {
    return planSite(completeIntent(input));
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    throw error;
  }
}

describe('for each intent that fits its disk, the plan', () => {
  it('is clean, valid and agrees with itself', () => {
    let planned = 0;
    fc.assert(
      fc.property(intents, (input) => {
        const plan = tryPlan(input);
        if (plan === undefined) return;
        planned++;
        const files = [...plan.files].filter(([path]) => /\.(yaml|bu|ign)$/.test(path));
        expect(
          lint(
            files.map(([path, text]) => ({ path, text })),
            { diskMiB: input.diskSizeMiB },
          ).diagnostics,
        ).toEqual([]);
        expect(parseIgnition(plan.ignition).report).toEqual([]);
        expect(readExpectation(plan.files.get('verification.json') ?? '')).toEqual(plan.expectation);
        for (const [path, text] of files)
          if (path.endsWith('.yaml')) expect(() => parse(text) as unknown).not.toThrow();
        let before = 513 + input.rootMinMiB;
        for (const { startMiB = 0, actualMiB = 0 } of plan.layout.partitions) {
          expect(startMiB).toBeGreaterThanOrEqual(before);
          before = startMiB + actualMiB;
        }
        expect(before).toBeLessThanOrEqual(input.diskSizeMiB);
        expect(new Map(planSite(completeIntent(input)).files)).toEqual(plan.files);
      }),
      { numRuns: 80 },
    );
    expect(planned).toBeGreaterThan(20);
  });

  it('is drawn as well-formed SVG', () => {
    fc.assert(
      fc.property(intents, (input) => {
        const svg = tryPlan(input)?.files.get('disk.svg');
        if (svg !== undefined) expect(unclosedElements(svg)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

/** Names of elements that are not closed in their order; attributes and text must not hold bare `<` or `&`. */
function unclosedElements(xml: string): string[] {
  const open: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>/g,
    (_, close: string, name: string, _attributes, empty: string) => {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty !== '/') open.push(name);
      return '';
    },
  );
  expect(rest.replaceAll(/&(amp|lt|gt|quot);/g, '')).not.toMatch(/[<>&]/);
  return open;
}

describe('an intent that cannot be met', () => {
  const base: IntentInput = {
    cluster: 'sno-a',
    disk,
    diskSizeMiB: 457_344,
    partitions: [{ purpose: 'registry', size: 102_500 }],
  };

  it.each<[string, Partial<IntentInput>, string]>([
    ['without a cluster', { cluster: '' }, 'cluster is missing'],
    ['with a name that is none', { cluster: 'Sno_A' }, 'cluster: expected a DNS label'],
    ['with a kernel name', { disk: '/dev/sda' }, '/dev/sda may name another disk after the next boot'],
    ['with something else than a disk', { disk: '/var/lib' }, 'expected /dev/disk/by-path/'],
    ['without partitions', { partitions: [] }, 'no partition is wanted'],
    [
      'twice for one purpose',
      {
        partitions: [
          { purpose: 'registry', size: 2048 },
          { purpose: 'registry', size: 2048 },
        ],
      },
      'a partition for registry already',
    ],
    ['too large for the disk', { partitions: [{ purpose: 'registry', size: 400_000 }] }, 'leave 46831 MiB to the root'],
    [
      'behind the end',
      { partitions: [{ purpose: 'registry', size: 102_500, startMiB: 400_000 }] },
      'would end at 502500 MiB',
    ],
    [
      'in the way of another',
      {
        partitions: [
          { purpose: 'containers', size: 90_000, startMiB: 300_000 },
          { purpose: 'registry', size: 102_500 },
        ],
      },
      'overlap',
    ],
    [
      'of the rest of no disk',
      { partitions: [{ purpose: 'registry', size: 'rest', startMiB: 457_000 }] },
      'would have 344 MiB',
    ],
    ['with a small root', { rootMinMiB: 20_000 }, 'needs at least 25000 MiB'],
    ['with a wave of 0', { wave: 0 }, 'the wave must be a whole number'],
    ['with long names', { policyName: 'a-very-long-name-for-a-template' }, 'at most 63 are allowed'],
    ['for all clusters', { bindingRules: {} }, 'bind to every cluster'],
    ['with a label that is none', { bindingRules: { sites: 'a b' } }, 'is no label'],
    [
      'with another label',
      { partitions: [{ purpose: 'registry', size: 2048, label: 'x' }] },
      'only the label of a precache',
    ],
    [
      'with a colon in a label',
      { partitions: [{ purpose: 'precache', size: 2048, label: 'a:b' }] },
      'a partition label has',
    ],
    [
      'with the label of the root',
      { partitions: [{ purpose: 'precache', size: 2048, label: 'root' }] },
      'belongs to another partition',
    ],
    ['with the rest pre-cached', { partitions: [{ purpose: 'precache', size: 'rest' }] }, 'exists already'],
  ])('%s', (_, change, message) => {
    expect(() => planSite(completeIntent({ ...base, ...change }))).toThrow(PlanError);
    expect(() => planSite(completeIntent({ ...base, ...change }))).toThrow(message);
  });

  it('without the size of the disk', () => {
    const { diskSizeMiB: _, ...unknown } = base;
    expect(() => planSite(completeIntent(unknown))).toThrow('each partition needs a start');
    const started: IntentInput = { ...unknown, partitions: [{ purpose: 'registry', size: 'rest', startMiB: 250_000 }] };
    expect(() => planSite(completeIntent(started))).toThrow('the size of the registry volume is unknown');
    const rest: IntentInput = {
      ...unknown,
      partitions: [
        { purpose: 'containers', size: 'rest', startMiB: 250_000 },
        { purpose: 'precache', size: 51_200 },
      ],
    };
    expect(planSite(completeIntent(rest)).expectation.partitions).toMatchObject([
      { label: 'var-lib-containers' },
      { label: 'data', sizeGiB: '50.0' },
    ]);
  });
});
