import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../children.js';
import type { RunLongshore } from './program.js';
import type { Source } from './source.js';

/** Something that mirrors all images of a source to the registry at a host. Ours return the peak of their memory in bytes. */
export interface Contender {
  name: string;
  mirror: (host: string) => Promise<number>;
}

/** The images by their release, and by their tags. */
export function ours(source: Source, longshore: RunLongshore): Contender[] {
  return [
    {
      name: 'longshore adm release mirror',
      mirror: (host) =>
        longshore(
          ...['adm', 'release', 'mirror', '--signature-policy=warn'],
          ...[`--from=${source.release}`, `--to=${host}/mirror/release`],
        ),
    },
    {
      name: 'longshore image mirror',
      mirror: (host) => longshore('image', 'mirror', `${source.repository}:v0-*`, `${host}/mirror/art`),
    },
  ];
}

/** Those that mirror the same images by their tags. */
export function peers(source: Source, dir: string): Contender[] {
  return [
    {
      name: 'skopeo sync',
      mirror: async (host) => {
        const file = join(dir, 'sync.yml');
        const images = { 'ocp/art': source.tags };
        await writeFile(file, JSON.stringify({ [source.registry.host]: { 'tls-verify': false, images } }));
        const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
        await skopeo('sync', ...plain, '--src', 'yaml', '--dest', 'docker', '--all', file, `${host}/mirror`);
        return 0;
      },
    },
    {
      name: 'skopeo copy --all',
      mirror: async (host) => {
        for (const tag of source.tags) {
          const places = [`docker://${source.repository}:${tag}`, `docker://${host}/mirror/art:${tag}`];
          await skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', '--all', '--quiet', ...places);
        }
        return 0;
      },
    },
  ];
}

const skopeo = (...args: string[]) => runCommand('skopeo', ['--insecure-policy', ...args]);
