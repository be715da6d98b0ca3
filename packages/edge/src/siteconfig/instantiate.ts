import { didYouMean } from '../yaml/suggestion.js';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import type { FieldValues } from './field-values.js';

/** What a template's placeholders are filled from. */
export interface Scope {
  Site: FieldValues;
  Cluster: FieldValues;
  Node: FieldValues | undefined;
  /** Refuse names that stand for nothing, which the reference leaves out. */
  isStrict?: boolean;
}

/** A placeholder that names neither site, cluster nor node, or nothing of them. */
export class PlaceholderError extends Error {
  override readonly name = 'PlaceholderError';
  readonly code = 'TEMPLATE_PLACEHOLDER';
}

/**
 * Fills the placeholders of a template: strings of maps that are one placeholder as a whole (edge.md 3.4), also of maps in
 * lists. Where there is nothing to put, the key is left out. Throws PlaceholderError.
 */
export function instantiate(template: Fields, scope: Scope): Fields {
  const made = fields();
  for (const key of Object.keys(template)) {
    const content = template[key] ?? null;
    if (isFields(content)) made[key] = instantiate(content, scope);
    else if (Array.isArray(content)) {
      made[key] = content.map((item) => (isFields(item) ? instantiate(item, scope) : item));
    } else if (!isPlaceholder(content)) made[key] = content;
    else {
      const value = lookUp(content, scope);
      if (value !== undefined) made[key] = value;
    }
  }
  return made;
}

function isPlaceholder(value: Value): value is string {
  return typeof value === 'string' && value.startsWith('{{') && value.endsWith('}}');
}

function lookUp(placeholder: string, scope: Scope): Value | undefined {
  const key = placeholder.replace(/^[{ }]+/, '').replace(/[{ }]+$/, '');
  const [, level, name = ''] = /^\.(Site|Cluster|Node)\.(.*)$/.exec(key) ?? [];
  if (level === undefined) throw new PlaceholderError(`Key ${JSON.stringify(key)} could not be translated`);
  const values = scope[level as 'Site' | 'Cluster' | 'Node'];
  if (scope.isStrict === true && values?.has(name) !== true)
    throw new PlaceholderError(unknownName(placeholder, name, values));
  return values?.get(name);
}

function unknownName(placeholder: string, name: string, values: FieldValues | undefined): string {
  if (values === undefined) return `${placeholder} has no value outside of the templates of hosts`;
  const hint = didYouMean(name, [...values.keys()]);
  return `${placeholder} stands for nothing${hint === undefined ? '' : `; ${hint}`}`;
}
