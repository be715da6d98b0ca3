import { describe, expect, it } from 'vitest';
import type { PruneRules } from './prune-rules.js';
import { digestNamed, image, stream, type ImageParts, type ItemParts } from './testing/objects.js';
import { HOUR_MS, outcomeInNames, planOf, type Outcome } from './testing/planning.js';

const hexOf = (name: string) => digestNamed(name).slice('sha256:'.length);

interface Story {
  tell: string;
  images: Record<string, ImageParts>;
  streams: Record<string, Record<string, (string | ItemParts)[]>>;
  /** Names of images that pods name by digest. */
  used?: string[];
  /** `ns/name:tag` */
  usedTags?: string[];
  rules?: Partial<PruneRules>;
  goes: Partial<Outcome>;
}

const REVISIONS = { a: {}, b: {}, c: {}, d: {}, e: {} };
const no = { layers: [] as string[] };
const keep = (keepRevisions: number) => ({ history: { keepRevisions } });

const stories: Story[] = [
  {
    tell: 'of five revisions of two tags the last two go (registry.md 11.5)',
    images: REVISIONS,
    streams: { 'ns/app': { v1: ['a', 'b', 'c', 'd', 'e'], v2: ['e', 'd', 'c', 'b', 'a'] } },
    // Each revision is among the first three of one tag.
    goes: { items: ['ns/app:v1@d', 'ns/app:v1@e', 'ns/app:v2@a', 'ns/app:v2@b'] },
  },
  {
    tell: 'an image goes with its last entry, and with it its links and blobs',
    images: { a: no, b: no, c: no, d: { layers: ['own'] } },
    streams: { 'ns/app': { v1: ['a', 'b', 'c', 'd'] } },
    goes: {
      items: ['ns/app:v1@d'],
      layerLinks: ['ns/app d-config', 'ns/app own'],
      manifestLinks: ['ns/app d'],
      blobs: ['d', 'd-config', 'own'],
      images: ['d'],
    },
  },
  {
    tell: 'a revision stays while a pod uses it by digest',
    images: REVISIONS,
    streams: { 'ns/app': { v1: ['a', 'b', 'c', 'd', 'e'] } },
    used: ['d'],
    goes: {
      items: ['ns/app:v1@e'],
      layerLinks: ['ns/app e-config'],
      manifestLinks: ['ns/app e'],
      blobs: ['e', 'e-config'],
      images: ['e'],
    },
  },
  {
    tell: 'a pull spec that was only noted stays as long as others do, and has no links',
    images: { a: {}, b: {}, c: {} },
    streams: { 'ns/app': { noted: [''], v1: ['a', 'b', 'c', ''] } },
    goes: { items: ['ns/app:v1@'] },
  },
  {
    tell: 'a pull spec that was only noted has no size',
    images: {},
    streams: { 'ns/app': { noted: [''] } },
    rules: { history: { sizeLimits: new Map([['ns', 0]]) } },
    goes: {},
  },
  {
    tell: 'a shared layer stays, with its link',
    images: { a: { layers: ['shared'] }, b: { layers: ['shared', 'own'] } },
    streams: { 'ns/app': { v1: ['a', 'b'] } },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@b'],
      layerLinks: ['ns/app b-config', 'ns/app own'],
      manifestLinks: ['ns/app b'],
      blobs: ['b', 'b-config', 'own'],
      images: ['b'],
    },
  },
  {
    tell: 'a layer shared with another stream stays as blob, not as link',
    images: { a: no, b: { layers: ['shared'] }, c: { layers: ['shared'], repository: 'ns/other' } },
    streams: { 'ns/app': { v1: ['a', 'b'] }, 'ns/other': { v1: ['c'] } },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@b'],
      layerLinks: ['ns/app b-config', 'ns/app shared'],
      manifestLinks: ['ns/app b'],
      blobs: ['b', 'b-config'],
      images: ['b'],
    },
  },
  {
    tell: 'a pod that uses one architecture keeps list, siblings and blobs',
    images: { new: no, list: { children: ['amd', 'arm'] }, amd: { layers: ['x'] }, arm: { layers: ['y'] } },
    streams: { 'ns/app': { v1: ['new', 'list'] } },
    used: ['amd'],
    rules: keep(1),
    goes: {},
  },
  {
    tell: 'so it does through a list in a list, also when no history has it',
    images: { outer: { children: ['inner'] }, inner: { children: ['amd', 'arm'] }, amd: no, arm: no },
    streams: {},
    used: ['amd'],
    goes: {},
  },
  {
    tell: 'a list goes with its children, itself first',
    images: { new: no, list: { children: ['amd', 'arm'] }, amd: { layers: ['x'] }, arm: { layers: ['y'] } },
    streams: { 'ns/app': { v1: ['new', 'list'] } },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@list'],
      layerLinks: ['ns/app amd-config', 'ns/app arm-config', 'ns/app x', 'ns/app y'],
      manifestLinks: ['ns/app list', 'ns/app amd', 'ns/app arm'],
      blobs: ['amd', 'amd-config', 'arm', 'arm-config', 'list', 'x', 'y'],
      images: ['amd', 'arm', 'list'],
    },
  },
  {
    tell: 'a child that has its own tag stays when its list goes',
    images: { new: no, list: { children: ['amd', 'arm'] }, amd: no, arm: no },
    streams: { 'ns/app': { v1: ['new', 'list'], 'v1-amd': ['amd'] } },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@list'],
      layerLinks: ['ns/app arm-config'],
      manifestLinks: ['ns/app list', 'ns/app arm'],
      blobs: ['arm', 'arm-config', 'list'],
      images: ['arm', 'list'],
    },
  },
  {
    tell: 'referrers live with their subject, also those of referrers',
    images: { a: no, sbom: { subject: 'a', layers: ['text'] }, signature: { subject: 'sbom' } },
    streams: { 'ns/app': { v1: ['a'] } },
    goes: {},
  },
  {
    tell: 'referrers die with their subject',
    images: { new: no, a: no, sbom: { subject: 'a', layers: ['text'] } },
    streams: { 'ns/app': { v1: ['new', 'a'] } },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@a'],
      layerLinks: ['ns/app a-config', 'ns/app sbom-config', 'ns/app text'],
      manifestLinks: ['ns/app a', 'ns/app sbom'],
      blobs: ['a', 'a-config', 'sbom', 'sbom-config', 'text'],
      images: ['a', 'sbom'],
    },
  },
  {
    tell: 'signatures by tag live and die with their subject',
    images: { new: no, old: no, 'sig-new': no, 'sig-old': no, 'sig-unknown': no },
    streams: {
      'ns/app': {
        v1: ['new', 'old'],
        [`sha256-${hexOf('new')}.sig`]: ['sig-new'],
        [`sha256-${hexOf('old')}.sig`]: ['sig-old'],
        [`sha256-${hexOf('elsewhere')}.sig`]: ['sig-unknown'],
      },
    },
    rules: keep(1),
    goes: {
      items: ['ns/app:v1@old', `ns/app:sha256-${hexOf('old')}.sig@sig-old`].sort(),
      layerLinks: ['ns/app old-config', 'ns/app sig-old-config'],
      manifestLinks: ['ns/app sig-old', 'ns/app old'],
      blobs: ['old', 'old-config', 'sig-old', 'sig-old-config'],
      images: ['old', 'sig-old'],
    },
  },
  {
    tell: 'the newest entry of a tag in use stays whatever the number of revisions',
    images: { a: no, b: no, c: no },
    streams: { 'ns/app': { v1: ['a', 'b'], v2: ['c'] } },
    usedTags: ['ns/app:v1'],
    rules: keep(0),
    goes: {
      items: ['ns/app:v1@b', 'ns/app:v2@c'],
      layerLinks: ['ns/app b-config', 'ns/app c-config'],
      manifestLinks: ['ns/app c', 'ns/app b'],
      blobs: ['b', 'b-config', 'c', 'c-config'],
      images: ['b', 'c'],
    },
  },
  {
    tell: 'what is young stays',
    images: { a: no, b: no, young: { minutes: 10 }, list: { minutes: 10, children: ['child'] }, child: no },
    streams: { 'ns/app': { v1: ['a', { image: 'b', minutes: 10 }] } },
    rules: keep(1),
    goes: {},
  },
  {
    tell: 'an image that no history lists goes, with the links where it was pushed to',
    images: { a: no, loose: { layers: ['x'] }, gone: { repository: 'gone/app' } },
    streams: { 'ns/app': { v1: ['a'] } },
    goes: {
      layerLinks: ['gone/app gone-config', 'ns/app loose-config', 'ns/app x'],
      manifestLinks: ['ns/app loose', 'gone/app gone'],
      blobs: ['gone', 'gone-config', 'loose', 'loose-config', 'x'],
      images: ['gone', 'loose'],
    },
  },
  {
    tell: 'an entry without its image goes, unless its tag is in use',
    images: { a: no },
    streams: { 'ns/app': { v1: ['a', 'missing'], v2: ['lost'] } },
    usedTags: ['ns/app:v2'],
    goes: { items: ['ns/app:v1@missing'], manifestLinks: ['ns/app missing'] },
  },
  {
    tell: 'a repository goes on serving what another stream pulls from it',
    images: { a: no, b: { layers: ['x'], repository: 'first/push' } },
    streams: { 'ns/app': { v1: ['a', 'b'] }, 'ns/other': { v1: [{ image: 'b', repository: 'ns/app' }] } },
    rules: keep(1),
    goes: { items: ['ns/app:v1@b'] },
  },
  {
    tell: 'images from elsewhere stay with all: false, and with them what they share',
    images: { pushed: { layers: ['shared'] }, imported: { managed: false, layers: ['shared'] } },
    streams: {},
    rules: { all: false },
    goes: {
      layerLinks: ['ns/app pushed-config', 'ns/app shared'],
      manifestLinks: ['ns/app pushed'],
      blobs: ['pushed', 'pushed-config'],
      images: ['pushed'],
    },
  },
  {
    tell: 'in one namespace only histories are shortened, and no image goes',
    images: { a: no, b: { layers: ['x'] }, loose: { layers: ['x'] }, other: no, old: { repository: 'other/app' } },
    streams: { 'ns/app': { v1: ['a', 'b'] }, 'other/app': { v1: ['other', 'old'] } },
    rules: { ...keep(1), namespace: 'ns' },
    goes: { items: ['ns/app:v1@b'], layerLinks: ['ns/app b-config'], manifestLinks: ['ns/app b'] },
  },
  {
    tell: 'by size, what is over the limit of its namespace goes',
    images: { small: { size: 10 }, large: { size: 11, layers: ['x'] }, huge: { size: 99, repository: 'free/app' } },
    streams: { 'ns/app': { v1: ['large', 'small'] }, 'free/app': { v1: ['huge'] } },
    rules: { history: { sizeLimits: new Map([['ns', 10]]) }, keepYoungerThanMs: 0 },
    goes: {
      items: ['ns/app:v1@large'],
      layerLinks: ['ns/app large-config', 'ns/app x'],
      manifestLinks: ['ns/app large'],
      blobs: ['large', 'large-config', 'x'],
      images: ['large'],
    },
  },
  {
    tell: 'by size, a push that is not done stays',
    images: { loose: { minutes: 5 } },
    streams: {},
    rules: { history: { sizeLimits: new Map() }, keepYoungerThanMs: 0 },
    goes: {},
  },
];

describe('a plan', () => {
  it.each(stories)('$tell', ({ images, streams, used = [], usedTags = [], rules = {}, goes }) => {
    const world = {
      images: Object.entries(images).map(([name, parts]) => image(name, parts)),
      streams: Object.entries(streams).map(([path, tags]) => stream(path, tags)),
      uses: [
        {
          digests: used.map(digestNamed),
          tags: usedTags.map((text) => {
            const [path = '', tag = ''] = text.split(':');
            return { stream: path, tag };
          }),
        },
      ],
    };
    const layers = Object.values(images).flatMap((parts) => parts.layers ?? []);
    const names = [...Object.keys(images), ...layers, 'missing', 'lost'];
    const nothing: Outcome = { items: [], layerLinks: [], manifestLinks: [], blobs: [], images: [] };
    expect(outcomeInNames(planOf(world, rules), names)).toEqual({ ...nothing, ...goes });
  });

  it('lets young streams be', () => {
    const young = stream('ns/app', { v1: ['a', 'b'] }, { minutes: 30 });
    const plan = planOf({ images: [image('a'), image('b')], streams: [young] }, keep(0));
    expect([...plan.streams()]).toEqual([]);
    expect([...plan.deadImages()]).toEqual([]);
  });

  it('keeps in each namespace what its own policy says', () => {
    const names = ['a', 'b', 'c', 'd'];
    const history = names.map((name, index) => ({ image: name, minutes: 120 * (index + 1) }));
    const streams = ['far', 'more', 'fewer', 'older'].map((ns) => stream(`${ns}/app`, { v1: history }));
    const policies = new Map([
      ['more', { keepRevisions: 4 }],
      ['fewer', { keepRevisions: 1 }],
      ['older', { keepRevisions: 0, keepYoungerThanMs: 5 * HOUR_MS }],
    ]);
    const plan = planOf({ images: names.map((name) => image(name)), streams }, { ...keep(2), policies });
    const dropped = (path: string) =>
      outcomeInNames(plan, names)
        .items.filter((item) => item.startsWith(`${path}/`))
        .map((item) => item.split('@')[1]);
    expect(['far', 'more', 'fewer', 'older'].map(dropped)).toEqual([['c', 'd'], [], ['b', 'c', 'd'], ['c', 'd']]);
    expect([...plan.deadImages()]).toEqual([]);
  });

  it('tells why entries stay', () => {
    const streams = [stream('ns/app', { v1: ['a', 'b', 'c', { image: 'd', minutes: 5 }], v2: ['c'] })];
    const images = ['a', 'b', 'c', 'd'].map((name) => image(name));
    const uses = [{ tags: [{ stream: 'ns/app', tag: 'v2' }], digests: [digestNamed('b')] }];
    const plan = planOf({ images, streams, uses }, keep(1));
    const reasons: string[] = [];
    for (const history of plan.graph.histories()) plan.judge(history, (reason) => reasons.push(reason));
    expect(reasons).toEqual(['recent revision', 'image in use', 'young', 'tag in use']);
  });
});

describe('what is learnt later', () => {
  const images = [image('a', { version: '5' }), image('b', { version: '6', layers: ['x'] })];
  const world = { images, streams: [stream('ns/app', { v1: ['a', 'b'] })] };

  it('saves an image that was written since', () => {
    const plan = planOf(world, keep(1));
    plan.takeImage(image('b', { version: '6', layers: ['x'] }));
    expect(outcomeInNames(plan, ['a', 'b', 'x']).images).toEqual(['b']);
    plan.takeImage(image('b', { version: '7', layers: ['x'] }));
    expect(outcomeInNames(plan, ['a', 'b', 'x'])).toMatchObject({ images: [], blobs: [], items: [] });
  });

  it('saves the blobs of an image that is new', () => {
    const plan = planOf(world, keep(1));
    plan.takeImage(image('c', { layers: ['x'], repository: 'ns/new', version: '9' }));
    expect(outcomeInNames(plan, ['a', 'b', 'x']).blobs).toEqual(['b', 'b-config']);
  });

  it('saves what a stream has gained, and asks for images that it does not know', () => {
    const plan = planOf(world, keep(1));
    const gained = plan.takeStream(stream('ns/other', { v1: ['b', 'new'] }));
    expect(gained.map((digest) => plan.graph.digests.text(digest))).toEqual([digestNamed('new')]);
    expect(outcomeInNames(plan, ['a', 'b', 'x'])).toMatchObject({ images: [], blobs: [] });
  });

  it('saves what a tag was set back to', () => {
    const [a, b] = [
      { image: 'a', minutes: 200 },
      { image: 'b', minutes: 300 },
    ];
    const plan = planOf({ images, streams: [stream('ns/app', { v1: [a, b] })] }, keep(1));
    expect(outcomeInNames(plan, ['a', 'b', 'x']).images).toEqual(['b']);
    plan.takeStream(stream('ns/app', { v1: [b, a, b] }));
    expect(outcomeInNames(plan, ['a', 'b', 'x'])).toMatchObject({ images: [], blobs: [] });
  });

  it('is nothing when a stream only has lost something', () => {
    const plan = planOf(world, keep(1));
    expect(plan.takeStream(stream('ns/app', { v1: ['a'] }))).toEqual([]);
    expect(outcomeInNames(plan, ['a', 'b', 'x']).images).toEqual(['b']);
  });
});
