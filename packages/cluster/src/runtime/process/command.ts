import type { Container } from 'kubernetes-types/core/v1.js';
import { expand } from './environment.js';

/** What Longshore's image is started with when a container says nothing else: its entrypoint. */
const ENTRYPOINT = 'longshore';

/** The words that a container runs: its command or the entrypoint of the image, then its arguments. */
export function containerCommand(
  { command = [], args = [] }: Pick<Container, 'command' | 'args'>,
  environment: Readonly<Record<string, string>>,
): string[] {
  const words = [...(command.length > 0 ? command : [ENTRYPOINT]), ...args];
  return words.map((word) => expand(word, environment));
}
