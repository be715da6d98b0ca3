import { digestOf, type Digest } from '@longshore/oci';

/** A digest that differs for each name. */
export const digestNamed = (name: string): Digest => digestOf(Buffer.from(name));
