import { describe, expect, it } from 'vitest';
import { readYaml } from './yaml-reader.js';

const HEAD = 'variant: fcos\nversion: 1.3.0\n';

describe('a text that is no YAML', () => {
  it.each([
    ['s:\n  - path: /a\n\t  mode: 1\n', 'line 4: found a tab character that violates indentation'],
    ['s:\n  - path: /a\n    \tmode: 1\n', 'line 4: found a tab character that violates indentation'],
    ['s:\n  - a\n\t- b\n', 'line 4: found a tab character that violates indentation'],
    ['s:\n  - path: "/a"\n\t  mode: 1\n', 'line 5: found character that cannot start any token'],
    ['s:\n  - path: /a # c\n\t  mode: 1\n', 'line 5: found character that cannot start any token'],
    ['s:\n\tmode: 1\n', 'line 4: found character that cannot start any token'],
    ['s: |\n\ta\n', 'line 3: found a tab character where an indentation space is expected'],
    ['s: |\n  a\n\tb\n', 'line 3: found a tab character where an indentation space is expected'],
    ['s: &\n', 'line 3: did not find expected alphabetic or numeric character'],
    ['s: {a: b: c}\n', 'line 2: did not find expected node content'],
    ['s:\n  f: [a, b\nx:\n  y: []\n', "line 3: did not find expected ',' or ']'"],
    ['s:\n  f: {a: b\nx: y\n', "line 3: did not find expected ',' or '}'"],
    ['s:\n  - a: "b\n    c: "d"\n', 'line 3: did not find expected key'],
    ['s:\n  - a: "b\n    c: d\n', 'line 4: found unexpected end of stream'],
  ])('%j is told in the words of the reference', (body, words) => {
    expect(() => readYaml(HEAD + body)).toThrow(`yaml: ${words}`);
  });
});
