import fc from 'fast-check';
import { expect, it } from 'vitest';
import { indentFlow } from './flow-indent.js';
import { nodeAt } from './source-node.js';
import { readYaml } from './yaml-reader.js';

it.each<[string, (string | number)[], [number, number]]>([
  ['a:\n  b: [\n{c: d},\n\t{c:\ne}\n]\n', ['a', 'b', 1, 'c'], [5, 1]],
  ['a:\n  b: {\n    c: [d,\ne]\n  }\n  f: g\n', ['a', 'f'], [6, 6]],
  ['a:\n  - "b\nc"\n  - d\n', ['a', 1], [4, 5]],
])('the lines of a flow collection or quoted scalar may begin anywhere: %j', (text, path, place) => {
  const { root, lines } = readYaml(text);
  const node = root && nodeAt(root, path);
  const { line, column } = lines.position(node?.offset ?? 0);
  expect([line, column]).toEqual(place);
});

it('finds each place again', () => {
  const line = fc.constantFrom('a:', '  b: [', 'c,', '{d: e},', '  ]', '  f: "x', 'y"', '');
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n');
      const indented = indentFlow(text);
      if (!indented) return;
      [...indented.text].forEach((character, at) => {
        if (character !== ' ') expect(text[indented.original(at)]).toBe(character);
      });
    }),
  );
});
