import { ReleaseError } from './release-error.js';

/** An image that takes the place of a component, or comes to them. */
export interface ComponentMapping {
  name: string;
  /** By tag or digest. */
  pullSpec: string;
}

const MAPPING = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,127})=(\S+)$/;

/** Reads `COMPONENT=PULLSPEC`. Errors: ReleaseError USAGE. */
export function parseComponentMapping(text: string): ComponentMapping {
  const [, name = '', pullSpec = ''] = MAPPING.exec(text) ?? [];
  if (name !== '') return { name, pullSpec };
  throw new ReleaseError('USAGE', `${JSON.stringify(text.slice(0, 200))} must be COMPONENT=PULLSPEC`);
}

/** Reads a file of them, one a line, with comments behind `#`. Errors: ReleaseError USAGE with the line. */
export function readComponentMappings(text: string, file: string): ComponentMapping[] {
  return text.split('\n').flatMap((line, index) => {
    const mapping = line.replace(/#.*/, '').trim();
    if (mapping === '') return [];
    try {
      return [parseComponentMapping(mapping)];
    } catch (error) {
      throw new ReleaseError('USAGE', `${file}:${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
}
