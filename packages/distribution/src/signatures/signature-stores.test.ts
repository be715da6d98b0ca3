import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseSignatureStores,
  readSignatureStores,
  signatureStoreOf,
  signatureStoresFolder,
  SignatureStoresError,
} from './signature-stores.js';

const parse = (...texts: string[]) =>
  parseSignatureStores(texts.map((text, index) => ({ name: `${index + 1}.yaml`, text })));

describe('the store of a repository', () => {
  const stores = parse(
    `
default-docker: { lookaside: 'https://all.test/', lookaside-staging: 'file:///srv/staging' }
docker:
  quay.io/team/app: { lookaside: 'https://app.test' }
  quay.io/team: { sigstore: 'https://team.test', lookaside: 'https://newer.test' }
  quay.io/silent: { lookaside-staging: 'file:///srv/staging' }
  docker.io/library: { sigstore: 'https://hub.test' }
`,
    `
docker:
  '*.example.com': { lookaside: 'https://domain.test' }
  '*.eu.example.com': { lookaside: 'https://europe.test' }
  registry.example.com:5000: { lookaside: 'file:///srv/signatures' }
`,
  );

  it.each([
    ['quay.io', 'team/app', 'https://app.test'],
    ['quay.io:443', 'team/app', 'https://app.test'],
    ['QUAY.io', 'team/other/deep', 'https://newer.test'],
    ['quay.io', 'teams', 'https://all.test/'],
    ['quay.io', 'silent/app', 'https://all.test/'],
    ['docker.io', 'busybox', 'https://hub.test'],
    ['index.docker.io', 'library/busybox', 'https://hub.test'],
    ['a.example.com', 'app', 'https://domain.test'],
    ['a.eu.example.com', 'app', 'https://europe.test'],
    ['example.com', 'app', 'https://all.test/'],
    ['registry.example.com:5000', 'x/y', 'file:///srv/signatures'],
    ['registry.example.com:5001', 'x/y', 'https://all.test/'],
  ])('%s/%s: %s', (host, name, expected) => {
    expect(signatureStoreOf({ host, name }, stores)).toBe(expected);
  });

  it('need not be there', () => {
    expect(signatureStoreOf({ host: 'quay.io', name: 'app' }, parse('', 'docker: {}'))).toBeUndefined();
  });
});

describe('files of registries.d', () => {
  it.each([
    ['text', ['[]'], /1.yaml: expected a mapping/],
    ['no YAML', ['a: [', ''], /1.yaml: /],
    ['a list of scopes', ['docker: []'], /1.yaml: docker: expected a mapping/],
    ['a scope that is text', ['docker: {quay.io: x}'], /docker.quay.io: expected a mapping/],
    ['another protocol', ['docker: {quay.io: {lookaside: "ftp://x"}}'], /quay.io.lookaside: expected a URL/],
    ['a number', ['docker: {quay.io: {lookaside: 1}}'], /expected a URL/],
    ['a scope twice', ['docker: {quay.io: {}}', 'docker: {"quay.io:443": {}}'], /2.yaml: docker.quay.io:443 is set/],
    ['two defaults', ['default-docker: {}', 'default-docker: {}'], /2.yaml: default-docker is set/],
  ])('are not %s', (_, texts, message) => {
    expect(() => parse(...texts)).toThrow(SignatureStoresError);
    expect(() => parse(...texts)).toThrow(message);
  });

  it('fail in one way whatever they hold', () => {
    const piece = fc.constantFrom(
      'docker:',
      ' ',
      '\n',
      'quay.io',
      ': ',
      '{',
      '}',
      'lookaside',
      'https://x',
      '&a',
      '*a',
      '[',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(SignatureStoresError);
        }
      }),
    );
  });

  it('are read from the folder of the user, else of the system', async () => {
    const home = temporaryFolder('registries-d');
    expect(await signatureStoresFolder({ HOME: home })).toBe('/etc/containers/registries.d');
    const folder = join(home, '.config', 'containers', 'registries.d');
    expect(await readSignatureStores(folder)).toEqual({ stores: new Map() });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'README'), 'docker: []');
    await writeFile(join(folder, 'b.yaml'), 'docker: {quay.io: {lookaside: "https://x.test"}}');
    expect(await signatureStoresFolder({ HOME: home })).toBe(folder);
    expect(await readSignatureStores(folder)).toEqual({ stores: new Map([['quay.io', 'https://x.test']]) });
  });

  it('are not too large', async () => {
    const folder = temporaryFolder('registries-d');
    await writeFile(join(folder, 'a.yaml'), '#'.repeat(1024 * 1024 + 1));
    await expect(readSignatureStores(folder)).rejects.toThrow(/has more than 1048576 bytes/);
  });
});
