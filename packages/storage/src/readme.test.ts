import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { expect, it } from 'vitest';
import { FilesystemDriver, InMemoryDriver } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const lines = (/```js\nimport .*\n([^]*?)```/.exec(readme)?.[1] ?? '').split('\n');

/** Runs the README's example; resolves with pairs of what its lines give and what the README says they give. */
async function runExample(env: { REGISTRY_ROOT?: string }): Promise<[actual: unknown, promised: unknown][]> {
  const shown: [unknown, unknown][] = [];
  const script = lines.map((line) => line.replace(/^(.*); \/\/ → (.*)$/, 'show($1, $2);')).join('\n');
  const show = (actual: unknown, promised: unknown): unknown => shown.push([actual, promised]);
  await runInNewContext(`(async () => {${script}})()`, {
    FilesystemDriver,
    InMemoryDriver,
    Buffer,
    show,
    process: { env },
  });
  return shown;
}

it('shows what the README promises, on either driver', async () => {
  const root = temporaryFolder('readme');
  for (const env of [{}, { REGISTRY_ROOT: root }]) {
    const shown = await runExample(env);
    expect(shown).toHaveLength(2);
    for (const [actual, promised] of shown) expect(actual).toEqual(promised);
  }
});
