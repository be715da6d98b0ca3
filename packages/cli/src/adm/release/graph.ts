import { Command, Option } from 'commander';
import { interruption } from '../../signals.js';
import { graphServer } from './graph-server.js';

const NOTES = `
SOURCE is a file with the answer of a graph server, or the URL of a server; then --channel is needed. Without it, the vendor's server
is asked, or that of UPDATE_URL_OVERRIDE. With --from and --to it tells the shortest way of updates between two versions. Updates with known risks count only with --include-conditional; "?" marks them.

Exit codes: 0 done, 1 failed, or there is no way, 2 called wrongly.

Examples:
  longshore adm release graph graph.json
  longshore adm release graph --channel=stable-4.16 --from=4.15.1 --to=4.16.3
  longshore adm release graph --from=4.15.1 --to=4.16.3 graph.json
  longshore adm release graph --channel=stable-4.16 --from=4.15.1 --to=4.16.3 -o svg https://graph.example.com > graph.svg`;

export interface ReleaseGraphOptions {
  channel?: string;
  arch: string;
  from?: string;
  to?: string;
  includeConditional?: boolean;
  output: 'text' | 'svg' | 'json';
}

/** `longshore adm release graph` (mirror.md 5.3, 7). */
export function releaseGraphCommand(): Command {
  return new Command('graph')
    .description('show which updates there are between versions, and the shortest way from one to another')
    .argument('[source]', 'a file, or a URL of http or https; default: the server of the vendor')
    .option('--channel <name>', 'of a URL: which channel, such as stable-4.16')
    .addOption(new Option('--arch <name>', 'of a URL: which architecture').default('amd64'))
    .option('--from <version>', 'show what begins here')
    .option('--to <version>', 'show what ends here')
    .option('--include-conditional', 'count updates that have known risks, too')
    .addOption(new Option('-o, --output <format>', 'how to show it').choices(['text', 'svg', 'json']).default('text'))
    .addHelpText('after', NOTES)
    .action(async (source: string | undefined, options: ReleaseGraphOptions) => {
      const { showGraph } = await import('./show-graph.js');
      await showGraph(source ?? graphServer(process.env), options, interruption());
    });
}
