import { LineIndex, readYaml, type SourceNode } from '@longshore/ignition';

export type { AliasNode, ListNode, MapEntry, MapNode, ScalarNode, SourceNode as YamlNode } from '@longshore/ignition';

/** A text and where its lines begin. */
export class YamlSource {
  #lines: LineIndex | undefined;

  constructor(readonly text: string) {}

  /** The line of an offset, from 1. */
  lineOf(offset: number): number {
    this.#lines ??= new LineIndex(this.text);
    return this.#lines.position(offset).line;
  }
}

/**
 * Reads the first document of a text, as the reference generators do: what follows is not even looked at. Undefined when
 * there is none. Throws Ignition's InputError with the words of the reference's YAML library.
 */
export function readFirstDocument({ text }: YamlSource): SourceNode | undefined {
  return readYaml(text).root;
}

/** The texts of all documents: a line of three dashes begins one, wherever it stands (YAML 1.2.2, 9.1). */
export function documentTexts(text: string): string[] {
  return text.split(/^---(?=[ \t\r\n]|$)/m);
}
