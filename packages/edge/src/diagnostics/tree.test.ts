import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, parseDocument, Scalar } from 'yaml';
import { formatPath } from './document-path.js';
import { JsonSyntaxError, parseJsonTree } from './json-tree.js';
import { nodeAt, stringNodeAt, valueOf } from './tree.js';
import { parseYamlTrees } from './yaml-tree.js';

const styles = [
  ['plain', Scalar.PLAIN],
  ['single', Scalar.QUOTE_SINGLE],
  ['double', Scalar.QUOTE_DOUBLE],
  ['literal', Scalar.BLOCK_LITERAL],
  ['folded', Scalar.BLOCK_FOLDED],
] as const;

const words = fc
  .array(fc.stringMatching(/^[a-z:#'"{}\\]{1,12}$/), { minLength: 1, maxLength: 30 })
  .map((list) => list.join(' '));
const texts = fc.array(fc.oneof(words, fc.constant('')), { minLength: 1, maxLength: 6 }).map((l) => l.join('\n'));

describe('the places of a scalar’s characters', () => {
  it.each(styles)('are right in a %s scalar', (_, type) => {
    fc.assert(
      fc.property(texts, (value) => {
        const scalar = new Scalar(value);
        scalar.type = type;
        const text = new Document({ a: [{ b: scalar }] }).toString({ lineWidth: 40 });
        // The library writes some plain scalars of several lines that nobody can read, such as a colon alone on the first.
        const written = parseDocument(text);
        fc.pre(written.errors.length === 0 && written.getIn(['a', 0, 'b']) === value);
        const node = stringNodeAt(parseYamlTrees(text)[0]?.root, 'a', 0, 'b');
        expect(node?.value).toBe(value);
        if (node === undefined) return;
        for (let index = 0; index < value.length; index++) {
          const char = value[index] ?? '';
          const there = text[node.offsetOf(index)];
          if (/[a-z:#{}]/.test(char)) expect(there).toBe(char);
          else expect([char, '\\', "'", '\n', ' ']).toContain(there);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are kept through JSON in YAML and text in JSON', () => {
    const text = 'a:\n  b: |\n    {"x": "one\\ntwo",\n     "y": [1, 755]}\n';
    const scalar = stringNodeAt(parseYamlTrees(text)[0]?.root, 'a', 'b');
    if (scalar === undefined) throw new Error('no scalar');
    const path = { parent: scalar.path, step: { embedded: true } } as const;
    const json = parseJsonTree(scalar.value, scalar.offsetOf, path);
    const mode = nodeAt(json, 'y', 1);
    expect(text.slice(mode?.span.start, mode?.span.end)).toBe('755');
    expect(formatPath(mode?.path)).toBe('a.b: y[1]');
    expect(formatPath(json.path)).toBe('a.b');
    const two = stringNodeAt(json, 'x')?.offsetOf('one\n'.length) ?? -1;
    expect(text.slice(two, two + 3)).toBe('two');
  });
});

describe('JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(valueOf(parseJsonTree(text))).toEqual(
          JSON.parse(text, (_, value: unknown) => (Object.is(value, -0) ? -0 : value)),
        );
      }),
    );
  });

  it('refuses what JSON.parse refuses, with a place inside the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0123e-+.\\u tfn\n\u0001') }), (text) => {
        let ok = true;
        try {
          JSON.parse(text);
        } catch {
          ok = false;
        }
        if (ok) {
          expect(() => parseJsonTree(text)).not.toThrow();
          return;
        }
        try {
          parseJsonTree(text);
          expect.unreachable();
        } catch (error) {
          if (!(error instanceof JsonSyntaxError)) throw error;
          expect(error.index).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('ends deep nesting with an error', () => {
    expect(() => parseJsonTree('['.repeat(100_000))).toThrow(/nested more than 100 levels/);
  });
});

describe('YAML', () => {
  it.each([
    ['a: 1\na: 2\n', 'DUPLICATE_KEY', 5],
    ['a: *b\n', 'BAD_ALIAS', 3],
    ['a: b\n\tc: d\n', 'TAB_AS_INDENT', 5],
    [`a: ${'['.repeat(5000)}`, 'LIMIT', 3 + 1000],
    ['- '.repeat(10_000), 'LIMIT', 400],
    ['a\n---\n'.repeat(20_000), 'LIMIT', 60_002],
  ])('tells what is wrong with %j', (text, code, start) => {
    const [problem] = parseYamlTrees(text).flatMap(({ problems }) => problems);
    expect(problem).toMatchObject({ code, span: { start } });
  });

  it('takes merge keys, of which the map’s own keys win', () => {
    const [document] = parseYamlTrees('base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n');
    const use = nodeAt(document?.root, 'use');
    expect(use && valueOf(use)).toEqual({ x: 1, y: 3 });
  });

  it('refuses aliases that stand for millions of nodes', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 12; n++)
      lines.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(parseYamlTrees(lines.join('\n'))[0]).toMatchObject({ root: undefined, problems: [{ code: 'LIMIT' }] });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abc:-[]{}&*!|>\'"%@#?, \n\t<') }), (text) => {
        expect(Array.isArray(parseYamlTrees(text))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
