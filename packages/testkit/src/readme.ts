import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

/** What a README shows and what came of it. */
export interface ReadmeResults {
  /** What each line with an arrow gave, and what stands behind the arrow. */
  shown: [actual: unknown, expected: unknown][];
  /** How many lines have an arrow. */
  promised: number;
}

/**
 * Runs the first `js` block of a README. It begins with `import { … } from '@longshore/NAME';` with this name; what it names is taken
 * from `exports`. A line `EXPRESSION; // → VALUE` promises a value.
 */
export function runReadme(readme: URL, name: string, exports: object): ReadmeResults {
  const code = /```js\n(.*?)```/s.exec(readFileSync(readme, 'utf8'))?.[1] ?? '';
  const imported = new RegExp(`^import \\{(.*?)\\} from '@longshore/${name}';\n`, 's').exec(code);
  const lines = code.slice(imported?.[0].length ?? 0).split('\n');
  const shown: ReadmeResults['shown'] = [];
  const script = lines.map((line) => line.replace(/^(.*); \/\/ → (.*)$/, 'show($1, $2);'));
  const show = (actual: unknown, expected: unknown) => shown.push([actual, expected]);
  runInNewContext(script.join('\n'), { ...pick(exports, imported?.[1] ?? ''), Buffer, show });
  return { shown, promised: lines.filter((line) => line.includes('// →')).length };
}

function pick(exports: object, names: string): Record<string, unknown> {
  const wanted = new Set(names.split(',').map((name) => name.trim()));
  return Object.fromEntries(Object.entries(exports).filter(([name]) => wanted.has(name)));
}
