import { Document, type ToStringOptions, visit, isScalar, Scalar } from 'yaml';

const STYLE: ToStringOptions = { lineWidth: 0, indentSeq: true };

/** A value as YAML in block style, multi-line text as literal blocks; equal values give equal bytes. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
      else if (isScalar(node) && /^[\d.]+$/.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString(STYLE);
}
