import { s, type Field, type Fields } from '@longshore/apiserver';

/** A part that `core/v1` has under this name. */
export function corePart(name: string, description: string, fields: Fields): Field {
  return s.shared(`io.k8s.api.core.v1.${name}`, description, fields);
}
