import type { FilesystemConfig, MaintenanceConfig, StorageConfig } from './registry-config.js';
import type { Setting } from './setting.js';
import { refused, section } from './structure-settings.js';
import { choice, duration, flag, integer, text } from './value-settings.js';

const AVAILABLE = ['filesystem', 'inmemory'];
const ELSEWHERE = ['s3', 's3aws', 'gcs', 'azure', 'swift', 'oss', 'ibmcos'];

/** Every name that can stand for a storage driver. */
export const driverNames: readonly string[] = [...AVAILABLE, ...ELSEWHERE];

/** The `storage` section. */
export function storageSetting(): Setting<StorageConfig> {
  const unavailable = (name: string): string =>
    `driver "${name}" is not available in this version; available: ${AVAILABLE.join(', ')}`;
  return section<StorageConfig>({
    about: 'Where images are kept. Exactly one driver must be there.',
    bareName: true,
    keys: {
      filesystem: driver<FilesystemConfig>({
        about: 'Files in a directory.',
        keys: {
          rootdirectory: text({
            about: 'The directory.',
            type: 'a path',
            fallback: '/var/lib/registry',
          }),
          maxthreads: integer({ about: 'Most file operations at once.', fallback: 100, min: 1 }),
        },
      }),
      inmemory: driver<Record<string, never>>({ about: 'Memory; everything is lost at the end. For tests.', keys: {} }),
      delete: section<StorageConfig['delete']>({
        about: 'Deletion.',
        keys: { enabled: flag({ about: 'Allow clients to delete blobs and manifests.', fallback: false }) },
      }),
      redirect: section<StorageConfig['redirect']>({
        about: 'Direct downloads.',
        keys: { disable: flag({ about: "Never send clients to the storage's own URLs.", fallback: false }) },
      }),
      cache: section<StorageConfig['cache']>({
        about: 'The cache of manifests and small blobs.',
        aliases: { layerinfo: 'blobdescriptor' },
        keys: {
          blobdescriptor: choice({
            about: 'Where it is kept; empty: nothing is kept in memory. The old name is `layerinfo`.',
            values: ['inmemory', ''],
            fallback: 'inmemory',
            refused: { redis: '"redis" is not available in this version' },
          }),
          blobdescriptorsize: integer({
            about: 'Most entries in it; 0: as many as its memory holds (32 MiB a process).',
            fallback: 10_000,
            min: 0,
            max: 1_000_000,
          }),
        },
      }),
      tag: section<StorageConfig['tag']>({
        about: 'Tags.',
        keys: {
          concurrencylimit: integer({
            about: 'How many tags of a deleted manifest are taken away at once; 0 is 16.',
            fallback: 0,
            min: 0,
            max: 1000,
          }),
        },
      }),
      maintenance: maintenanceSetting(),
    },
    extras: {
      ...Object.fromEntries(ELSEWHERE.map((name) => [name, refused(unavailable(name), { evenEmpty: true })])),
    },
    check({ given, report }) {
      const [first, second] = given.filter((key) => AVAILABLE.includes(key));
      if (second) {
        const replace = `REGISTRY_STORAGE=${second} replaces what the file says`;
        report(second, `two drivers, "${first}" and "${second}"; keep one of the two (${replace})`);
      }
      if (!given.some((key) => driverNames.includes(key)))
        report('', 'names no driver; add "filesystem: {rootdirectory: /var/lib/registry}"');
    },
  });
}

/** A driver is there as soon as its name is, without any parameter. */
function driver<T extends object>(options: Parameters<typeof section<T>>[0]): Setting<T | undefined> {
  const inner = section(options);
  return { ...inner, read: (value, where, problems) => (value ? inner.read(value, where, problems) : undefined) };
}

function maintenanceSetting(): Setting<MaintenanceConfig> {
  return section<MaintenanceConfig>({
    about: 'Maintenance.',
    keys: {
      uploadpurging: section<MaintenanceConfig['uploadpurging']>({
        about: 'Removal of uploads that nobody finished.',
        keys: {
          enabled: flag({ about: 'Remove them.', fallback: true }),
          age: duration({ about: 'Age at which an upload is given up.', fallback: '168h', max: '876000h' }),
          interval: duration({ about: 'Time between two rounds.', fallback: '24h', min: '1s' }),
          dryrun: flag({ about: 'Only log what would be removed.', fallback: false }),
        },
      }),
      readonly: section<MaintenanceConfig['readonly']>({
        about: 'Read-only mode.',
        keys: { enabled: flag({ about: 'Refuse everything that writes.', fallback: false }) },
      }),
    },
  });
}
