import { Command } from 'commander';

const NOTES = `
All parts must be beside media.json; those that are missing are named. Everything is compared with its digest before it becomes
visible, and nothing outside of MEDIA is written. What MEDIA has already stays and is not written again, so an interrupted
command goes on when it is run again, and an archive that was packed with --have finds there what it leaves out.

Exit codes: 0 done, 1 failed or refused, 2 called wrongly, 4 something is missing or spoilt, 6 no space, 130 interrupted.

Examples:
  longshore media unpack /mnt/stick /srv/media
  longshore image mirror --from-dir=/srv/media 'file://org/app' mirror.example.com/org/app`;

/** `longshore media unpack` */
export function unpackCommand(): Command {
  return new Command('unpack')
    .description('make a folder with images of an archive')
    .argument('<archive>', 'a folder with media.json and all parts')
    .argument('<media>', 'the folder to unpack to')
    .addHelpText('after', NOTES)
    .action(async (archive: string, media: string) => {
      const { runMedia } = await import('./run-media.js');
      await runMedia(false, async ({ signal, progress }) => {
        const { binarySize } = await import('@longshore/mirror');
        const { unpackMedia } = await import('@longshore/mirror/media');
        const { visible } = await import('../visible.js');
        let [done, total] = [0, 0];
        const images = await unpackMedia(archive, media, {
          signal,
          onPlan: ({ writeBytes }) => (total = writeBytes),
          onEvent: (event) => {
            if (event.type === 'bytes') progress.bytes('unpacking', (done += event.count), total);
          },
          onError: ({ message }) => process.stderr.write(`error: ${visible(message)}\n`),
        });
        progress.end();
        process.stderr.write(`info: Unpacked ${images} images, ${binarySize(done)}\n`);
        return 0;
      });
    });
}
