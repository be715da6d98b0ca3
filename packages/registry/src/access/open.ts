import type { AccessControl } from './access.js';
import { ANONYMOUS } from './tokens.js';

/** The access control of a registry without any: everybody may do everything, and nobody has a name. */
export function openAccess(): AccessControl {
  return {
    authorize: () => ({ outcome: 'allow', subject: ANONYMOUS }),
    challenges: () => [],
  };
}
