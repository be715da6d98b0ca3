import { fallbackReferrersTag, MediaType, type Descriptor, type Digest } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backlinksFolder, blobData, revisionLink } from '../layout.js';
import { Leases } from '../leases.js';
import { TagStore } from '../tags/tag-store.js';
import { imageNamed, indexNamed, type Made } from '../testing/manifests.js';
import { ContentCache } from './content-cache.js';
import { ManifestStore } from './manifest-store.js';
import { Referrers } from './referrers.js';

const REPOSITORY = 'team/app';
const SUBJECT = imageNamed('subject');
const TYPE = 'application/vnd.example.signature';

function world() {
  const driver = new InMemoryDriver();
  const store = new ManifestStore(
    driver,
    new Leases(driver, 1000),
    new ContentCache({ maxBytes: 2 ** 20, entryBytes: 2 ** 16 }),
    2 ** 20,
  );
  const tags = new TagStore(driver);
  return {
    driver,
    store,
    tags,
    referrers: new Referrers(store, tags, true),
    readOnly: new Referrers(store, tags, false),
    push: ({ manifest, digest }: Made) => store.put(REPOSITORY, manifest, digest),
    /** As a server without backlinks stores it. */
    plant: async ({ manifest, digest }: Made) => {
      await driver.put(blobData(digest), manifest.raw);
      await driver.put(revisionLink(REPOSITORY, digest), Buffer.from(digest));
    },
    /** As clients of registries without the referrers API list it. */
    listUnderTag: async (...entries: Descriptor[]) => {
      const index = indexNamed('fallback', entries);
      await store.put(REPOSITORY, index.manifest, index.digest);
      await tags.put(REPOSITORY, fallbackReferrersTag(SUBJECT.digest), index.digest);
    },
  };
}

type World = ReturnType<typeof world>;

async function list(referrers: Referrers, last?: Digest): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for await (const descriptor of referrers.list(REPOSITORY, SUBJECT.digest, last)) found.push(descriptor);
  return found;
}

const digestsOf = (descriptors: readonly { digest: Digest }[]) => descriptors.map(({ digest }) => digest);
const signature = (name: string, artifactType: string | undefined = TYPE) =>
  imageNamed(name, { subject: SUBJECT.descriptor, ...(artifactType && { artifactType }) });

describe('referrers', () => {
  it.each([
    ['by backlinks', async ({ push }: World, made: Made[]) => void (await Promise.all(made.map(push)))],
    [
      'by the tag of old clients',
      ({ listUnderTag }: World, made: Made[]) => listUnderTag(...made.map(({ descriptor }) => descriptor)),
    ],
  ])('let other requests be answered while many are listed %s', async (_, add) => {
    const parts = world();
    await add(
      parts,
      Array.from({ length: 300 }, (_, index) => signature(`many ${index}`)),
    );
    await list(parts.referrers); // writes what is missing, with breath of its own
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await list(parts.referrers);
    over = true;
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('are none where nothing refers to the subject, whether it is there or not', async () => {
    const { referrers, push } = world();
    expect(await list(referrers)).toEqual([]);
    await push(SUBJECT);
    await push(imageNamed('other', { subject: imageNamed('another subject').descriptor }));
    expect(await list(referrers)).toEqual([]);
  });

  it('are described as the manifests describe themselves', async () => {
    const { referrers, push } = world();
    const index = indexNamed('index', [], SUBJECT.descriptor);
    const [one, two] = [signature('one'), signature('two', '')];
    for (const made of [one, two, index]) await push(made);
    const described = new Map((await list(referrers)).map((descriptor) => [descriptor.digest, descriptor]));
    expect(described.get(one.digest)).toEqual({ ...one.descriptor, artifactType: TYPE, annotations: { name: 'one' } });
    expect(described.get(two.digest)).toMatchObject({ artifactType: MediaType.ociConfig });
    expect(described.get(index.digest)).toEqual({ ...index.descriptor, annotations: { name: 'index' } });
  });

  it('go with their manifests', async () => {
    const { driver, referrers, push } = world();
    const one = signature('one');
    await push(one);
    await driver.delete(revisionLink(REPOSITORY, one.digest));
    expect(await list(referrers)).toEqual([]);
  });

  it('of a server without backlinks are found, once a registry may write', async () => {
    const { driver, referrers, readOnly, plant, push } = world();
    const one = signature('one');
    await plant(one);
    expect(await list(readOnly)).toEqual([]);
    expect(digestsOf(await list(referrers))).toEqual([one.digest]);
    expect(digestsOf(await list(readOnly))).toEqual([one.digest]);
    expect(driver.statNow(`${backlinksFolder(REPOSITORY)}/complete`)).toBeDefined();
    const two = signature('two');
    await push(two);
    expect(digestsOf(await list(referrers))).toEqual(digestsOf([one, two]).sort());
  });

  it('are searched for once, however many ask', async () => {
    const { driver, referrers, plant } = world();
    for (let index = 0; index < 20; index++) await plant(signature(`${index}`));
    let puts = 0;
    const put = driver.put.bind(driver);
    driver.put = (path, content) => {
      puts++;
      return put(path, content);
    };
    const answers = await Promise.all([1, 2, 3].map(() => list(referrers)));
    expect(answers.map(({ length }) => length)).toEqual([20, 20, 20]);
    await list(referrers);
    expect(puts).toBe(21);
  });
});

describe('the fallback tag', () => {
  it('adds what old clients listed, with the artifact type that they left out', async () => {
    const { readOnly, plant, listUnderTag } = world();
    const [one, two] = [signature('one'), signature('two', '')];
    const other = indexNamed('no type', []);
    for (const made of [one, two, other]) await plant(made);
    await listUnderTag(one.descriptor, { ...two.descriptor, artifactType: 'application/vnd.theirs' }, other.descriptor);
    const expected = [
      { ...one.descriptor, artifactType: TYPE },
      { ...two.descriptor, artifactType: 'application/vnd.theirs' },
      other.descriptor,
    ];
    expect(await list(readOnly)).toEqual(expected.sort((a, b) => (a.digest < b.digest ? -1 : 1)));
  });

  it('adds nothing that is no longer there, and nothing twice', async () => {
    const { readOnly, plant, push, listUnderTag } = world();
    const [one, two, gone] = [signature('one'), signature('two'), signature('gone')];
    await plant(one);
    await push(two);
    await listUnderTag(one.descriptor, one.descriptor, two.descriptor, gone.descriptor);
    expect(digestsOf(await list(readOnly))).toEqual(digestsOf([one, two]).sort());
  });

  it('may be no index, or point to nothing', async () => {
    const { referrers, tags, push } = world();
    const tag = fallbackReferrersTag(SUBJECT.digest);
    await tags.put(REPOSITORY, tag, SUBJECT.digest);
    expect(await list(referrers)).toEqual([]);
    await push(SUBJECT);
    expect(await list(referrers)).toEqual([]);
  });
});

describe('pages', () => {
  it('give each referrer once and in order, from wherever it is known', async () => {
    const known = fc.constantFrom('pushed', 'listed', 'both');
    await fc.assert(
      fc.asyncProperty(fc.array(known, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (kinds, size) => {
        const { readOnly, plant, push, listUnderTag } = world();
        const made = kinds.map((kind, index) => ({ kind, ...signature(`${index}`) }));
        for (const each of made) await (each.kind === 'listed' ? plant(each) : push(each));
        await listUnderTag(...made.filter(({ kind }) => kind !== 'pushed').map(({ descriptor }) => descriptor));
        const expected = digestsOf(made).sort();
        expect(digestsOf(await list(readOnly))).toEqual(expected);
        const paged: Digest[] = [];
        for (let last: Digest | undefined; ;) {
          const page = digestsOf(await list(readOnly, last)).slice(0, size);
          if (page.length === 0) break;
          paged.push(...page);
          last = page.at(-1);
        }
        expect(paged).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
