import { expect, test } from 'vitest';
import { html, trusted } from './html.ts';

test('values are escaped, HTML made here is not', () => {
  const evil = `<script>"&'`;
  expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
    '<p title="&lt;script&gt;&quot;&amp;&#39;">&lt;script&gt;&quot;&amp;&#39;</p>',
  );
  expect(html`<ul>${['<a>', html`<li>${1}</li>`]}${undefined}</ul>${trusted('<hr>')}`.text).toBe(
    '<ul>&lt;a&gt;<li>1</li></ul><hr>',
  );
});
