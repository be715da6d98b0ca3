import { Command } from 'commander';

const NOTES = `
All parts must be beside media.json; those that are missing are named. Everything is compared with its digest before it becomes
visible, and nothing outside of MEDIA is written. What MEDIA has already stays and is not written again, so an interrupted
command goes on when it is run again, and an archive that was packed with --have finds there what it leaves out. When it does not,
it is refused, unless --allow-partial lets blobs be missing: then the images can go to registries that have those.

Exit codes: 0 done, 1 failed or refused, 2 called wrongly, 4 something is missing or spoilt, 6 no space, 130 interrupted.

Examples:
  longshore media unpack /mnt/stick /srv/media
  longshore media unpack --allow-partial /mnt/stick /srv/media
  longshore image mirror --from-dir=/srv/media 'file://org/app' mirror.example.com/org/app`;

interface UnpackCommandOptions {
  allowPartial?: boolean;
}

/** `longshore media unpack` */
export function unpackCommand(): Command {
  return new Command('unpack')
    .description('make a folder with images of an archive')
    .argument('<archive>', 'a folder with media.json and all parts')
    .argument('<media>', 'the folder to unpack to')
    .option('--allow-partial', 'also take over images of which the archive leaves out blobs that are not in MEDIA')
    .addHelpText('after', NOTES)
    .action(async (archive: string, media: string, { allowPartial = false }: UnpackCommandOptions) => {
      const { runMedia } = await import('./run-media.js');
      await runMedia(false, async ({ signal, progress }) => {
        const { binarySize } = await import('@longshore/mirror');
        const { unpackMedia } = await import('@longshore/mirror/media');
        const { counted } = await import('../counted.js');
        const { visible } = await import('../visible.js');
        let [done, total] = [0, 0];
        const { images, missing } = await unpackMedia(archive, media, {
          signal,
          allowPartial,
          onPlan: ({ writeBytes }) => (total = writeBytes),
          onEvent: (event) => {
            if (event.type === 'bytes') progress.bytes('unpacking', (done += event.count), total);
          },
          onError: ({ message }) => process.stderr.write(`error: ${visible(message)}\n`),
        });
        progress.end();
        if (missing.length > 0) {
          const bytes = missing.reduce((sum, { size }) => sum + size, 0);
          const words = 'without which images are not whole: only who has them can take those';
          const lines = missing.map(({ digest, size }) => `  ${digest} ${binarySize(size)}\n`);
          const what = `${counted(missing.length, 'blob')}, ${binarySize(bytes)}`;
          process.stderr.write(`warning: the archive leaves out ${what}, ${words}:\n${lines.join('')}`);
        }
        process.stderr.write(`info: Unpacked ${counted(images, 'image')}, ${binarySize(done)}\n`);
        return 0;
      });
    });
}
