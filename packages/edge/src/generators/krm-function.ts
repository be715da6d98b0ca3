import { anything, Decoder, unmarshalErrors } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import { emitYaml } from '../yaml/emit.js';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import type { GeneratorInput, ObjectSink } from './generator-output.js';

/** Standard input that is no list of resources for a function. */
export class ResourceListError extends Error {
  override readonly name = 'ResourceListError';
  readonly code = 'RESOURCE_LIST';
}

const RESOURCE_LIST = 'ResourceList';

/**
 * A call of a generator as a KRM function (kustomize's exec functions): the configuration comes in a ResourceList on standard
 * input, and the list goes back with what was generated added.
 */
export class KrmFunction {
  readonly #list: Fields;
  readonly #generated: Value[] = [];

  /** Throws ResourceListError. */
  constructor(text: string) {
    const list = parse(text);
    if (!isFields(list) || list.kind !== RESOURCE_LIST) {
      throw new ResourceListError('standard input is no ResourceList; name the files to read as arguments');
    }
    this.#list = list;
  }

  /** The configuration of the generator. Throws ResourceListError when there is none. */
  get input(): GeneratorInput {
    const config = this.#list.functionConfig;
    if (!isFields(config)) throw new ResourceListError('the ResourceList has no functionConfig');
    return { name: 'functionConfig', text: emitYaml(config) };
  }

  get sink(): ObjectSink {
    return { write: ({ documents }) => this.#generated.push(...documents) };
  }

  /** The list that goes to standard output. */
  result(): string {
    const { apiVersion, items } = this.#list;
    const list = fields([
      ['apiVersion', typeof apiVersion === 'string' ? apiVersion : 'config.kubernetes.io/v1'],
      ['kind', RESOURCE_LIST],
      ['items', [...(Array.isArray(items) ? items : []), ...this.#generated]],
    ]);
    return emitYaml(list);
  }
}

function parse(text: string): Value {
  const source = new YamlSource(text);
  try {
    const node = readFirstDocument(source);
    const decoder = new Decoder();
    const value = node === undefined ? null : (decoder.read(anything, node) ?? null);
    const problem = unmarshalErrors(decoder.issues, source);
    if (problem !== undefined) throw new ResourceListError(problem);
    return value;
  } catch (error) {
    if (error instanceof ResourceListError) throw error;
    throw new ResourceListError(`standard input: ${error instanceof Error ? error.message : String(error)}`);
  }
}
