import { StoreError, type Write } from './store.js';

/** Why a write cannot be done where this entry is. */
export function refusalOf(write: Write, found: { revision: number } | undefined): StoreError | undefined {
  const { key } = write;
  if (write.type === 'create') {
    return found && new StoreError('EXISTS', `${key} exists already`, undefined, { key });
  }
  if (found?.revision === write.revision) return undefined;
  const what = found === undefined ? 'there is none' : `it is at revision ${found.revision}`;
  const message = `${key} was expected at revision ${write.revision}, but ${what}`;
  return new StoreError('CONFLICT', message, undefined, { key });
}
