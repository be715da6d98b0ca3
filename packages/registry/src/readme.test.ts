import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { loadConfig, serve } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const lines = (/```js\nimport .*\n([^]*?)```/.exec(readme)?.[1] ?? '').split('\n');

it('shows what the README promises', async () => {
  const shown: [actual: unknown, promised: unknown][] = [];
  const script = lines.map((line) => line.replace(/^(.*); \/\/ → (.*)$/, 'show($1, $2);')).join('\n');
  const show = (actual: unknown, promised: unknown): unknown => shown.push([actual, promised]);
  await runInNewContext(`(async () => {${script}})()`, { loadConfig, serve, fetch, show });
  expect(shown).toHaveLength(2);
  for (const [actual, promised] of shown) expect(actual).toEqual(promised);
});
