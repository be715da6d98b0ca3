import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTagPage } from './tag-pages.js';

const url = new URL('https://quay.io/v2/team/app/tags/list?n=2');
const read = (body: string, link?: string) => readTagPage(Buffer.from(body), link, url);
const next = '/v2/team/app/tags/list?n=2&last=b';

it.each([
  ['{"name":"team/app","tags":["a","b"]}', ['a', 'b']],
  ['{"tags":null}', []],
  ['{"tags":["a","../b",1,"",null]}', ['a']],
])('%s holds %j', (body, tags) => expect(read(body)).toEqual({ tags }));

it.each(['', '[]', 'null', '{}', '{"tags":"a"}', '<html>'])('%j is no list', (body) => {
  expect(read(body)).toBeUndefined();
});

it.each([
  [`<${next}>; rel="next"`, next],
  [`<${next}>;rel=next`, next],
  [`<https://quay.io${next}>; rel="next"`, next],
  [`<http://internal:8080${next}>; title="x"; rel="next"`, next],
  [`</first>; rel="first", <${next}>; rel="next"`, next],
  [`<?n=2&last=b>; rel="next"`, next],
  [`</first>; rel="first"`, undefined],
  ['nonsense', undefined],
])('the link %j leads to %j', (link, expected) => {
  expect(read('{"tags":[]}', link)).toEqual({ tags: [], ...(expected && { next: expected }) });
});

it.each([
  '</v2/other/tags/list?n=2>; rel="next"',
  '</v2/team/app/tags/list?n=2>; rel="next"',
  '<http://[>; rel="next"',
])('the link %j would cut the list short', (link) => expect(read('{"tags":[]}', link)).toBeUndefined());

it('never leads to another path', () => {
  const text = fc.string({
    unit: fc.constantFrom('<', '>', ';', 'rel="next"', '/', '?', 'a', ':', '//evil', ',', ' '),
  });
  fc.assert(
    fc.property(text, (link) => {
      const found = read('{"tags":[]}', link)?.next;
      if (found !== undefined) expect(new URL(found, url).pathname).toBe(url.pathname);
    }),
  );
});
