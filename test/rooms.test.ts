/**
 * Which room may use which: the table of the house, held against the imports, the package files and the TypeScript projects.
 * A new arrow is a new word here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Floor by floor; arrows go down only. */
const PACKAGES = {
  oci: [],
  kube: [],
  ignition: [],
  storage: ['oci'],
  distribution: ['oci'],
  apiserver: ['kube'],
  registry: ['oci', 'storage', 'distribution', 'kube'],
  images: ['oci', 'distribution', 'kube', 'apiserver'],
  operator: ['kube', 'storage'],
  mirror: ['oci', 'distribution'],
  edge: ['ignition', 'kube'],
  cluster: ['oci', 'storage', 'distribution', 'registry', 'images', 'operator', 'kube', 'apiserver'],
  cli: [
    'oci',
    'kube',
    'ignition',
    'storage',
    'distribution',
    'registry',
    'images',
    'operator',
    'mirror',
    'edge',
    'cluster',
  ],
  /** For tests only: nobody's product code imports it. */
  testkit: [
    'oci',
    'kube',
    'storage',
    'distribution',
    'apiserver',
    'registry',
    'images',
    'operator',
    'mirror',
    'cluster',
    'cli',
  ],
} satisfies Record<string, string[]>;

/** Rooms beside the packages, without a package file. */
const OTHERS = {
  bench: ['kube', 'images'],
  test: [
    'oci',
    'kube',
    'ignition',
    'storage',
    'distribution',
    'apiserver',
    'registry',
    'images',
    'operator',
    'mirror',
    'edge',
    'cluster',
    'cli',
    'testkit',
  ],
} satisfies Record<string, string[]>;

interface Room {
  name: string;
  dir: string;
  sources: string;
  mayImport: readonly string[];
}

interface Source {
  path: string;
  isTest: boolean;
  imports: string[];
}

interface PackageFile {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const rooms: Room[] = [
  ...Object.entries(PACKAGES).map(([name, mayImport]) => {
    const dir = join(root, 'packages', name);
    return { name, dir, sources: join(dir, 'src'), mayImport };
  }),
  ...Object.entries(OTHERS).map(([name, mayImport]) => {
    const dir = join(root, name);
    return { name, dir, sources: name === 'bench' ? join(dir, 'src') : dir, mayImport };
  }),
];
const packages = rooms.filter(({ name }) => name in PACKAGES);

const readJson = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
const development = readJson<PackageFile>(join(root, 'package.json')).devDependencies ?? {};

function sourcesOf({ sources, name }: Room): Source[] {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.map((file) => {
    const path = join(sources, file);
    const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'));
    const isTest = name === 'test' || file.endsWith('.test.ts') || dirname(file).endsWith('testing');
    return { path, isTest, imports: importedFiles.map(({ fileName }) => fileName) };
  });
}

/** The room that an import names: `@longshore/oci` -> `oci`. */
function roomOf(specifier: string): string | undefined {
  return /^@longshore\/([^/]+)/.exec(specifier)?.[1];
}

/** The package that an import names: `@scope/name/deep` -> `@scope/name`. */
function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** `file: import` for each import that `isWrong`, so that a failing test names all of them. */
function wrongImports(room: Room, isWrong: (specifier: string, source: Source) => boolean): string[] {
  return sourcesOf(room).flatMap((source) =>
    source.imports
      .filter((specifier) => isWrong(specifier, source))
      .map((specifier) => `${relative(root, source.path)}: ${specifier}`),
  );
}

describe('the table of rooms', () => {
  it('has a line for each package', () => {
    expect(readdirSync(join(root, 'packages')).sort()).toEqual(Object.keys(PACKAGES).sort());
  });

  it('has arrows that go down only', () => {
    const floors = Object.keys(PACKAGES);
    for (const [index, { mayImport }] of packages.entries()) {
      for (const other of mayImport) expect(floors.slice(0, index)).toContain(other);
    }
  });
});

describe.each(rooms)('$name', (room) => {
  it('has sources with imports', () => {
    expect(sourcesOf(room).flatMap(({ imports }) => imports)).not.toEqual([]);
  });

  it('imports only the rooms that it may', () => {
    const allowed = (name: string, { isTest }: Source) =>
      room.mayImport.includes(name) || (isTest && name === 'testkit' && name !== room.name);
    const wrong = wrongImports(room, (specifier, source) => {
      const name = roomOf(specifier);
      return name !== undefined && !allowed(name, source);
    });
    expect(wrong).toEqual([]);
  });

  it('reaches nothing outside by relative imports', () => {
    const wrong = wrongImports(room, (specifier, { path }) => {
      if (!specifier.startsWith('.')) return false;
      return relative(room.sources, resolve(dirname(path), specifier)).startsWith('..');
    });
    expect(wrong).toEqual([]);
  });

  it("names Node's modules as such", () => {
    expect(wrongImports(room, (specifier) => isBuiltin(specifier) && !specifier.startsWith('node:'))).toEqual([]);
  });
});

describe.each(packages)('the package $name', (room) => {
  const manifest = readJson<PackageFile>(join(room.dir, 'package.json'));
  const declared = Object.keys(manifest.dependencies ?? {});
  const declaredRooms = declared.flatMap((name) => roomOf(name) ?? []).sort();

  it('declares what its product code imports', () => {
    const wrong = wrongImports(room, (specifier, { isTest }) => {
      if (isTest || specifier.startsWith('.') || isBuiltin(specifier)) return false;
      return !declared.includes(packageOf(specifier));
    });
    expect(wrong).toEqual([]);
  });

  it('declares what its tests import, there or at the root', () => {
    const known = [...declared, ...Object.keys(manifest.devDependencies ?? {}), ...Object.keys(development)];
    const wrong = wrongImports(room, (specifier, { isTest }) => {
      if (!isTest || specifier.startsWith('.') || isBuiltin(specifier) || roomOf(specifier) === 'testkit') return false;
      return !known.includes(packageOf(specifier));
    });
    expect(wrong).toEqual([]);
  });

  it('depends only on the rooms that it may', () => {
    expect(declaredRooms.filter((name) => !room.mayImport.includes(name))).toEqual([]);
  });

  it('refers to the TypeScript projects that it depends on', () => {
    const { references = [] } = readJson<{ references?: { path: string }[] }>(join(room.dir, 'tsconfig.json'));
    expect(references.map(({ path }) => relative('..', path)).sort()).toEqual(declaredRooms);
  });
});

describe('package-lock.json', () => {
  const lock = readJson<{ packages: Record<string, { resolved?: string; link?: boolean }> }>(
    join(root, 'package-lock.json'),
  );

  it('names no address to download from: each machine has its own', () => {
    const addresses = Object.values(lock.packages).filter(({ resolved, link }) => resolved !== undefined && !link);
    expect(addresses).toEqual([]);
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "[a-z+]+:/);
  });
});
