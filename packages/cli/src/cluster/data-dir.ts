import { resolve } from 'node:path';
import { Option } from 'commander';

/** `--data-dir`, the same for all commands of the embedded cluster. */
export function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where the cluster keeps everything')
    .env('LONGSHORE_DATA_DIR')
    .default('/var/lib/longshore')
    .argParser((value: string) => resolve(value));
}
