import { runReadme } from '@longshore/testkit';
import { expect, it } from 'vitest';
import * as images from './index.js';

it('shows what the README promises', () => {
  const { shown, promised } = runReadme(new URL('../README.md', import.meta.url), 'images', images);
  expect(shown).toHaveLength(promised);
  expect(shown.length).toBeGreaterThan(3);
  for (const [actual, expected] of shown) expect(actual).toEqual(expected);
});
