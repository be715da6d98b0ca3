import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import * as edge from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
const imported = /^import \{(.*?)\} from '@longshore\/edge';\n/s.exec(code);
const lines = code.slice(imported?.[0].length ?? 0).split('\n');

it('shows what the README promises', () => {
  const shown: [actual: unknown, expected: unknown][] = [];
  const script = lines.map((line) => line.replace(/^(.*); \/\/ → (.*)$/, 'show($1, $2);'));
  const show = (actual: unknown, expected: unknown) => shown.push([actual, expected]);
  runInNewContext(script.join('\n'), { ...pick(imported?.[1] ?? ''), Buffer, show });
  expect(shown).toHaveLength(lines.filter((line) => line.includes('// →')).length);
  expect(shown.length).toBeGreaterThan(3);
  for (const [actual, expected] of shown) expect(actual).toEqual(expected);
});

function pick(names: string): Record<string, unknown> {
  const wanted = new Set(names.split(',').map((name) => name.trim()));
  return Object.fromEntries(Object.entries(edge).filter(([name]) => wanted.has(name)));
}
