/** Style and script of the status page. The page loads nothing from anywhere; their hashes stand in its CSP. */
import { createHash } from 'node:crypto';

export const style = `
:root {
  color-scheme: light dark;
  --ground: #f4f6f8; --card: #ffffff; --ink: #17212b; --soft: #5c6b7a; --line: #e0e6ec;
  --accent: #0b7285; --good: #1f7a3f; --good-ground: #dff3e5; --warn: #8a5a00; --warn-ground: #fdf0d2;
  --bad: #b3261e; --bad-ground: #fde4e1; --code: #eef2f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10161c; --card: #18212a; --ink: #e4ebf1; --soft: #93a3b3; --line: #283541;
    --accent: #4fc3d6; --good: #7ddb9a; --good-ground: #163524; --warn: #f0c36a; --warn-ground: #3a2d10;
    --bad: #ff9c93; --bad-ground: #43191a; --code: #202b36;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 40px; }
header { display: flex; align-items: center; gap: 12px; flex-wrap: wrap; margin-bottom: 20px; }
header svg { width: 30px; height: 30px; color: var(--accent); flex: none; }
h1 { font-size: 20px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 15px; margin: 0 0 10px; }
h2 .soft { font-size: 13px; font-weight: 400; margin-left: 6px; }
.card p { margin: 0; }
pre + .soft { margin-top: 6px; }
.tight { white-space: nowrap; }
.soft { color: var(--soft); }
.facts { margin-left: auto; color: var(--soft); text-align: right; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 12px; font-weight: 600;
  background: var(--code); color: var(--soft); white-space: nowrap; }
.good { background: var(--good-ground); color: var(--good); }
.warn { background: var(--warn-ground); color: var(--warn); }
.bad { background: var(--bad-ground); color: var(--bad); }
.notice { border-radius: 10px; padding: 10px 16px; margin-bottom: 16px; }
.notice ul { margin: 4px 0 0; padding-left: 20px; }
.card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 16px 18px; margin-bottom: 16px; overflow-x: auto; }
.tiles { display: grid; grid-template-columns: repeat(2, 1fr); gap: 12px; margin-bottom: 16px; }
@media (min-width: 800px) { .tiles { grid-template-columns: repeat(4, 1fr); } }
.tile { padding: 12px 16px; position: relative; overflow: hidden; }
.tile .name { color: var(--soft); font-size: 12px; }
.tile .value { font-size: 23px; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums;
  letter-spacing: -.02em; }
.tile .note { color: var(--soft); font-size: 12px; }
.tile.wide { grid-column: span 2; }
.spark { position: absolute; right: 0; bottom: 0; width: 52%; height: 62%; color: var(--accent); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px; align-items: start; }
.columns .card { margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12px; padding: 4px 14px 6px 0; white-space: nowrap; }
td { border-top: 1px solid var(--line); padding: 6px 14px 6px 0; vertical-align: top; }
th.number, td.number { text-align: right; }
th:last-child, td:last-child { padding-right: 0; }
td.same { border-top-color: transparent; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
pre { background: var(--code); border-radius: 8px; padding: 8px 12px; margin: 0; overflow-x: auto; }
.error { color: var(--bad); }
footer { color: var(--soft); margin-top: 18px; display: flex; gap: 18px; flex-wrap: wrap; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
body.stale main { opacity: .55; }
#stale { display: none; }
body.stale #stale { display: block; position: sticky; top: 0; text-align: center; padding: 6px; z-index: 1;
  background: var(--bad-ground); color: var(--bad); font-weight: 600; }
`;

/** Replaces the page's content every two seconds by what the server says then; says so when it no longer answers. */
export const script = `
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(answer.statusText);
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (String(getSelection()) === '') document.querySelector('main').replaceWith(next.querySelector('main'));
    document.body.classList.remove('stale');
  } catch {
    document.body.classList.add('stale');
  }
}
(async () => {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await refresh();
  }
})();
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing but the page's own style and script, and its own server. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
