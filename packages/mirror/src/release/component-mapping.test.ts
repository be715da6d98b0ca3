import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readComponentMappings } from './component-mapping.js';
import { parseComponentVersions } from './component-versions.js';

it('reads each line that was written, however it is spaced', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,10}$/);
  const pullSpec = fc.stringMatching(/^[a-z0-9./:@=-]{1,20}$/);
  const line = fc.record({
    name,
    pullSpec,
    before: fc.constantFrom('', ' ', '\t', '# all of it\n\n'),
    after: fc.constantFrom('', ' # why', '\r'),
  });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.map((one) => `${one.before}${one.name}=${one.pullSpec}${one.after}`).join('\n');
      expect(readComponentMappings(text, 'f')).toEqual(
        lines.map((one) => ({ name: one.name, pullSpec: one.pullSpec })),
      );
    }),
  );
});

it.each([
  ['cli', 'f:1: "cli" must be COMPONENT=PULLSPEC'],
  ['\n# x\ncli=', 'f:3: "cli=" must be'],
  ['=a.test/x', 'f:1: "=a.test/x" must be'],
  ['cli=a.test/x b=c', 'f:1: "cli=a.test/x b=c" must be'],
  ['../x=a', 'f:1: "../x=a" must be'],
])('refuses %j', (text, message) => {
  expect(() => readComponentMappings(text, 'f')).toThrow(message);
});

it('reads versions of components', () => {
  expect(parseComponentVersions('kubernetes=1.30.2, machine-os=418.94.1')).toEqual(
    new Map([
      ['kubernetes', '1.30.2'],
      ['machine-os', '418.94.1'],
    ]),
  );
  expect(parseComponentVersions('')).toEqual(new Map());
  expect(() => parseComponentVersions('oc=1')).toThrow('"oc" is none of kubernetes, machine-os');
  expect(() => parseComponentVersions('kubectl=x')).toThrow('"kubectl=x" names no version');
  expect(() => parseComponentVersions('__proto__=1')).toThrow('is none of');
});
