import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseEndpoint, wants, WebhookConfigError } from './endpoint.js';
import type { StreamChange } from './stream-changes.js';

interface SecretInText {
  kind?: string;
  stringData?: Record<string, string>;
}

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const valid = { url: 'https://ci.example.com/hook?a=b', secret: SECRET };
const parse = (document: unknown) => parseEndpoint('ci', JSON.stringify(document));

describe('parseEndpoint', () => {
  it('reads YAML', () => {
    const text = `url: http://ci.example.com:8080/hook\nsecret: ${SECRET}\nnamespaces: [shop]\ntypes:\n- io.openshift.image.pushed\n`;
    expect(parseEndpoint('ci', text)).toEqual({
      name: 'ci',
      url: new URL('http://ci.example.com:8080/hook'),
      key: Buffer.alloc(32, 9),
      namespaces: new Set(['shop']),
      types: new Set(['io.openshift.image.pushed']),
    });
  });

  it('reads what the documentation shows', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../docs/image-notifications.md'), 'utf8');
    const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
      ([, yaml = '']) => parseYaml(yaml) as SecretInText,
    );
    const { stringData = {} } = blocks.find(({ kind }) => kind === 'Secret') ?? {};
    const endpoints = Object.entries(stringData).map(([name, value]) => parseEndpoint(name, value));
    expect(endpoints).toMatchObject([{ name: 'ci', url: new URL('https://ci.example.com/images') }]);
  });

  it.each<[string, object, RegExp]>([
    ['no URL', { ...valid, url: undefined }, /url: must be an http or https URL/],
    ['another scheme', { ...valid, url: 'ftp://example.com' }, /url: must/],
    ['a password in the URL', { ...valid, url: 'https://user:hunter2@example.com' }, /url: must/],
    ['no secret', { ...valid, secret: undefined }, /secret: must/],
    ['a weak secret', { ...valid, secret: 'whsec_aHVudGVyMg==' }, /secret: must/],
    [
      'an unknown field',
      { ...valid, filter: [] },
      /"filter" is not known; the fields are url, secret, namespaces, types/,
    ],
    ['no namespaces', { ...valid, namespaces: [] }, /namespaces: must/],
    ['one namespace', { ...valid, namespaces: 'shop' }, /namespaces: must/],
    ['an unknown type', { ...valid, types: ['pushed'] }, /types: must be a list of io.openshift.image.pushed/],
  ])('refuses %s, and shows no secret', (_name, document, message) => {
    const fails = () => parse(document);
    expect(fails).toThrow(WebhookConfigError);
    expect(fails).toThrow(message);
    expect(fails).not.toThrow(/hunter2|aHVudGVyMg|whsec_[A-Za-z0-9]{5}/);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no YAML', `url: [\nsecret: ${SECRET}`],
    ['a list', '[]'],
    ['too much', `# ${'x'.repeat(20_000)}`],
  ])('refuses %s', (_name, text) => {
    expect(() => parseEndpoint('ci', text)).toThrow(WebhookConfigError);
    expect(() => parseEndpoint('ci', text)).not.toThrow(SECRET);
  });

  it('throws nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parseEndpoint('ci', text)).toThrow(WebhookConfigError);
      }),
    );
  });
});

describe('wants', () => {
  const change = { namespace: 'shop', cause: 'push' } as StreamChange;
  it.each<[object, boolean]>([
    [{}, true],
    [{ namespaces: ['shop'] }, true],
    [{ namespaces: ['other'] }, false],
    [{ types: ['io.openshift.image.pushed'] }, true],
    [{ types: ['io.openshift.image.deleted'] }, false],
    [{ namespaces: ['shop'], types: ['io.openshift.image.deleted'] }, false],
  ])('%j', (filter, expected) => {
    expect(wants(parse({ ...valid, ...filter }), change)).toBe(expected);
  });
});
