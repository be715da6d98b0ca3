import { printYaml } from '../print-yaml.js';

/*
 * A template is made from objects in which words stand for pieces of Go's template language; YAML leaves such words as they
 * are. Only what that language itself knows is used, and nothing that Helm adds: any Go template engine renders it.
 */
const WORD = /XX(TEXT|NUMBER|ITEM|LINES)([0-9a-f]+)XX/g;

const wordFor = (kind: string, code: string): string => `XX${kind}${Buffer.from(code).toString('hex')}XX`;
const codeOf = (hex: string): string => Buffer.from(hex, 'hex').toString();

/** A text such as `.Values.image`; it may be a part of a longer text without spaces. */
export const textOf = (expression: string): string => wordFor('TEXT', expression);

/** A number such as `.Values.replicas`. */
export const numberOf = (expression: string): number => wordFor('NUMBER', expression) as unknown as number;

/** An item that a list has only under a condition. */
export const itemIf = (condition: string, item: string): string => wordFor('ITEM', `${condition}\n${item}`);

/** Fields that are written as lines of the template; the first column is that of the fields beside them. */
export const linesOf = (...lines: string[]): Record<string, null> => ({ [wordFor('LINES', lines.join('\n'))]: null });

/** Objects as a template, all of them under a condition if there is one. */
export function printTemplate(objects: readonly object[], condition?: string): string {
  const lines = printYaml(objects).split('\n').map(filledLine);
  const text = lines.join('\n');
  return condition === undefined ? text : `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

function filledLine(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const [first] = line.matchAll(WORD);
  if (first === undefined) return line;
  const code = codeOf(first[2] ?? '');
  if (first[1] === 'LINES') return indented(code.split('\n'), indent);
  if (first[1] === 'ITEM') {
    const [condition = '', item = ''] = code.split('\n');
    return indented([`{{- if ${condition} }}`, `- ${item}`, '{{- end }}'], indent);
  }
  const scalar = /\S*$/.exec(line)?.[0] ?? '';
  return line.slice(0, line.length - scalar.length) + filledScalar(scalar);
}

const indented = (lines: readonly string[], indent: string): string => lines.map((line) => indent + line).join('\n');

/** `%q` writes any text as YAML reads it. */
function filledScalar(scalar: string): string {
  const words = [...scalar.matchAll(WORD)].map(([word, kind, hex = '']) => ({ word, kind, expression: codeOf(hex) }));
  const [first] = words;
  if (first?.word === scalar) {
    return first.kind === 'NUMBER' ? `{{ ${first.expression} }}` : `{{ printf "%q" ${first.expression} }}`;
  }
  const format = scalar.replaceAll('%', '%%').replace(WORD, '%s');
  const values = words.map(({ expression }) => expression).join(' ');
  return `{{ printf "%q" (printf ${JSON.stringify(format)} ${values}) }}`;
}
