import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** HTML that may stand in a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** HTML with values in it, which are escaped unless they are HTML themselves. */
export function html(parts: TemplateStringsArray, ...values: (string | Html)[]): Html {
  const shown = values.map((value) =>
    value instanceof Html ? value.text : value.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? ''),
  );
  return new Html(parts.reduce((text, part, index) => `${text}${shown[index - 1] ?? ''}${part}`));
}

const STYLE = `
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
  label { display: block; margin-top: 1rem; font-weight: 600; }
  input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; border: 1px solid #595959; border-radius: .25rem; }
  button { font: inherit; margin-top: 1.5rem; padding: .5rem 1.5rem; border: 0; border-radius: .25rem; color: #fff; background: #0b5394; }
  button.plain { color: #0b5394; background: #fff; border: 1px solid #0b5394; }
  :focus-visible { outline: 3px solid #f1c232; outline-offset: 2px; }
  pre { overflow-x: auto; padding: 1rem; background: #f3f3f3; }
  [role=alert] { padding: .75rem 1rem; border-left: .25rem solid #b3261e; background: #fdecea; }
  @media (prefers-color-scheme: dark) {
    body { color: #eee; background: #1b1b1b; } pre { background: #2b2b2b; } [role=alert] { background: #3b1f1d; }
    input { color: #eee; background: #2b2b2b; } button.plain { background: #1b1b1b; color: #9fc5e8; border-color: #9fc5e8; }
  }
`;

/**
 * Nothing but this page's own style. Forms are not confined: browsers apply that to where their answers redirect, too, which is
 * the address of the client.
 */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** One value, as the policy allows these very characters only. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);

/** Answers with a whole page. */
export function sendPage(
  response: ServerResponse,
  status: number,
  title: string,
  body: Html,
  headers: OutgoingHttpHeaders = {},
): void {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Longshore</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
  response
    .writeHead(status, { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8', ...headers })
    .end(page.text);
}

/** Sends the browser on, also after a form. */
export function redirect(response: ServerResponse, location: string, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(302, { ...PAGE_HEADERS, location, ...headers }).end();
}
