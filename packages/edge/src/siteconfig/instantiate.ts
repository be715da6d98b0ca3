import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import type { FieldValues } from './field-values.js';

/** What a template's placeholders are filled from. */
export interface Scope {
  Site: FieldValues;
  Cluster: FieldValues;
  Node: FieldValues | undefined;
}

/** A placeholder that names neither site, cluster nor node. */
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
  return scope[level as keyof Scope]?.get(name);
}
