import { Document, Scalar, type ToStringOptions, visit } from 'yaml';

const STYLE: ToStringOptions = { lineWidth: 0, indentSeq: true };

/** A value as YAML in block style, multi-line text as literal blocks; equal values give equal bytes. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      const isLong = key !== 'key' && typeof node.value === 'string' && node.value.includes('\n');
      if (isLong) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return document.toString(STYLE);
}
