import { describe, expect, it } from 'vitest';
import { Decoder, record } from './decode.js';
import { readFirstDocument, YamlSource } from './document.js';
import { emitYaml } from './emit.js';
import { fields } from './value.js';

/** What a map is when it is read and written again, as the Go YAML library does it. */
function rewritten(text: string): string {
  const root = readFirstDocument(new YamlSource(text));
  return emitYaml((root && new Decoder().read(record, root)) ?? fields());
}

describe('a map of unknown shape', () => {
  it.each([
    ['an unsigned integer', 'k: 18446744073709551615', 'k: 18446744073709551615'],
    ['an unsigned integer to the base of 16', 'k: 0xFFFFFFFFFFFFFFFF', 'k: 18446744073709551615'],
    ['an integer of more than 64 bits', 'k: 18446744073709551616', 'k: 1.8446744073709552e+19'],
    ['a negative integer of more than 64 bits', 'k: -9223372036854775809', 'k: -9.223372036854776e+18'],
    ['a float beyond all floats', 'k: 1e400', 'k: 1e400'],
    ['an octal number with a digit too large', 'k: 0850', 'k: 850'],
    ['a large hexadecimal number', 'k: 0xFFFFFFFFFFFFFFFFFF', 'k: 0xFFFFFFFFFFFFFFFFFF'],
    ['infinity', 'k: -.inf', 'k: -.inf'],
    ['a key that is null', '~: 1\nk: 2', 'k: 2'],
  ])('keeps %s', (_, text, expected) => {
    expect(rewritten(text)).toBe(`${expected}\n`);
  });

  it.each([
    ['k: {{ .Cluster.Name }}', 'map[string]interface {}{".Cluster.Name":interface {}(nil)}'],
    ['k: {? [a, 1, 2.5, true] : b}', '[]interface {}{"a", 1, 2.5, true}'],
    [
      'k: &m {b: {c: d}, a: {1: e}}\nl: {? *m : x}',
      'map[string]interface {}{"a":map[interface {}]interface {}{1:"e"}, "b":map[string]interface {}{"c":"d"}}',
    ],
  ])('has no collection as key: %s', (text, key) => {
    expect(() => rewritten(text)).toThrow(`yaml: invalid map key: ${key}`);
  });

  it('merges maps only', () => {
    expect(() => rewritten('k: {<<: 1}')).toThrow('yaml: map merge requires map or sequence of maps as the value');
  });

  it.each(['k: {{ .X }}', 'k: {<<: 1}'])('reports all the same what it cannot read, if so wished: %s', (text) => {
    const decoder = new Decoder({ lenient: true });
    const root = readFirstDocument(new YamlSource(text));
    if (root !== undefined) decoder.read(record, root);
    expect(decoder.issues).toMatchObject([{ kind: 'type' }]);
  });
});
