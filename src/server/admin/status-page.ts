/** The status page: one document for people, made from `RouterStatus`. Whatever comes from outside is escaped. */
import { catalogue } from '../../errors/catalogue.ts';
import { bytes, count, duration, hostPort, latency, measure, reachable } from './format.ts';
import { type Html, html, trusted } from './html.ts';
import type { KeyspaceStatus, Readiness, RouterStatus, ShardStatus, TabletStatus } from './status.ts';
import { script, style } from './status-assets.ts';

const LOGO = trusted(
  '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" aria-hidden="true">' +
    '<path d="M4 4v14M28 4v14M4 6h24M10 6v11M16 6v11M22 6v11"/>' +
    '<path d="M3 23q3.2-3 6.5 0t6.5 0 6.5 0 6.5 0M3 28.5q3.2-3 6.5 0t6.5 0 6.5 0 6.5 0"/></svg>',
);
const FAVICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='%230b7285' stroke-width='3'>" +
  "<path d='M4 4v14M28 4v14M4 6h24M12 6v11M20 6v11M3 25q3.2-3 6.5 0t6.5 0 6.5 0 6.5 0'/></svg>";
const STALE_AFTER_MS = 15_000;

/** The whole document. */
export function statusPage(status: RouterStatus, readiness: Readiness): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headgate</title>
<link rel="icon" href="${FAVICON}">
<style>${trusted(style)}</style>
</head>
<body>
<div id="stale" role="alert">The router does not answer. Trying again…</div>
<main>
${head(status, readiness)}
${notice(readiness)}
${tiles(status)}
${connect(status)}
${topology(status)}
<div class="columns">
${kinds(status)}
${errors(status)}
${traffic(status)}
</div>
<footer>
<a href="/metrics">Metrics</a><a href="/status.json">This page as JSON</a><a href="/readyz">Readiness</a>
<a href="/healthz">Health</a>
</footer>
</main>
<script>${trusted(script)}</script>
</body>
</html>
`.text;
}

function head(
  { version, serverVersion, state, startedAtMs, nowMs, pid, cell }: RouterStatus,
  { ready }: Readiness,
): Html {
  const mood = state === 'draining' || !ready ? 'warn' : 'good';
  const word = state === 'serving' && !ready ? 'not ready' : state;
  return html`<header>${LOGO}<h1>Headgate</h1><span class="soft">${version}</span>
<span class="badge ${mood}">${word}</span>
<div class="facts">up ${duration(nowMs - startedAtMs)} · process ${pid}${cell === '' ? '' : ` · cell ${cell}`} ·
clients see MySQL ${serverVersion}</div></header>`;
}

function notice({ ready, reasons }: Readiness): Html | undefined {
  if (ready) return undefined;
  return html`<div class="notice warn"><strong>Not ready to serve</strong>
<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul></div>`;
}

function tiles({ metrics, sessions, rssBytes, topology: { confirmedAtMs }, nowMs }: RouterStatus): Html {
  const { queries, latency: measured, errors: failed, eventLoopDelay } = metrics;
  const ageMs = nowMs - confirmedAtMs;
  const confirmed = confirmedAtMs === 0 ? 'never' : `${duration(ageMs)} ago`;
  const stale = confirmedAtMs === 0 || ageMs > STALE_AFTER_MS;
  const silence = confirmedAtMs === 0 ? 'etcd has not answered yet' : 'etcd is silent: serving from memory';
  return html`<div class="tiles">
<div class="tile wide">${sparkline(queries.history)}<div class="name">Queries per second</div>
<div class="value">${measure(queries.perSecond)}</div><div class="note">${count(queries.total)} since the start</div></div>
${tile('Latency p50', measured === undefined ? '–' : latency(measured.p50Us), 'last minute')}
${tile('Latency p99', measured === undefined ? '–' : latency(measured.p99Us), 'last minute')}
${tile('Errors per second', measure(failed.perSecond), `${count(failed.total)} since the start`)}
${tile('Sessions', count(sessions.open), `${count(sessions.inTransaction)} in a transaction, ${count(sessions.pinned)} pinned`)}
${tile('Memory', bytes(rssBytes), `event loop late by ${measure(eventLoopDelay.p99Ms)} ms (p99)`)}
${tile('Topology confirmed', confirmed, stale ? silence : 'by etcd', stale)}
</div>`;
}

function tile(name: string, value: string, note: string, alarming = false): Html {
  return html`<div class="tile"><div class="name">${name}</div><div class="value${alarming ? ' error' : ''}">${value}</div>
<div class="note">${note}</div></div>`;
}

const SPARK_WIDTH = 120;
const SPARK_HEIGHT = 32;

function sparkline(history: readonly number[]): Html | undefined {
  const highest = Math.max(...history, 0);
  if (history.length < 2 || highest === 0) return undefined;
  const step = SPARK_WIDTH / (history.length - 1);
  const points = history.map((rate, index) => {
    const y = SPARK_HEIGHT - 1 - (rate / highest) * (SPARK_HEIGHT - 4);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return html`<svg class="spark" viewBox="0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
<polygon points="0,${SPARK_HEIGHT} ${points.join(' ')} ${SPARK_WIDTH},${SPARK_HEIGHT}" fill="currentColor" opacity=".14"/>
<polyline points="${points.join(' ')}" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/>
</svg>`;
}

function connect({ listeners, topology: { keyspaces } }: RouterStatus): Html {
  const first = listeners[0];
  const keyspace = keyspaces[0]?.name ?? '';
  const command = first && `mysql -h ${reachable(first.host)} -P ${first.port} -u root ${keyspace}`.trimEnd();
  const addresses = listeners.map(
    ({ protocol, host, port, tls }) => `${protocol} ${hostPort(host, port)} (TLS ${tls})`,
  );
  return html`<section class="card"><h2>Connect</h2>
${command === undefined ? html`<p class="soft">Nothing listens yet.</p>` : html`<pre>${command}</pre>`}
<div class="soft">${addresses.join(' · ')}</div></section>`;
}

function topology({ topology: known, nowMs }: RouterStatus): Html {
  const source = `etcd ${known.etcd.join(', ')} below ${known.prefix}`;
  const body = known.keyspaces.flatMap((keyspace) => keyspaceRows(keyspace, known.tablets, nowMs));
  const names = new Set(
    known.keyspaces.flatMap(({ name, shards }) => shards.map((shard) => `${name}/${shard.name}`)),
  );
  const strays = known.tablets.filter((tablet) => !names.has(`${tablet.keyspace}/${tablet.shard}`));
  const revision = known.revision === undefined ? 'not read yet' : `revision ${known.revision}`;
  return html`<section class="card"><h2>Topology <span class="soft">${source}, ${revision}</span></h2>
${body.length + strays.length === 0 ? html`<p class="soft">No keyspace is known.</p>` : tabletTable(body, strays, nowMs)}
</section>`;
}

function tabletTable(body: readonly Html[], strays: readonly TabletStatus[], nowMs: number): Html {
  return html`<table><thead><tr><th>Keyspace</th><th>Shard</th><th>Term</th><th>Tablet</th><th>Type</th><th>Address</th>
<th class="number">Busy</th><th class="number">Open</th><th class="number">Limit</th><th class="number">Waiting</th>
<th>Last error</th></tr></thead><tbody>
${body}
${strays.map(
  (tablet) => html`<tr><td>${tablet.keyspace}</td><td>${tablet.shard}</td>
<td><span class="badge bad">no such shard</span></td>${tabletCells(tablet, nowMs, '')}</tr>`,
)}
</tbody></table>`;
}

function keyspaceRows(keyspace: KeyspaceStatus, tablets: readonly TabletStatus[], nowMs: number): Html[] {
  const { name, sharded, shards, scatter } = keyspace;
  const kind = sharded ? 'sharded' : 'unsharded';
  const all = scatter === undefined ? 0 : scatter.allowed + scatter.warned + scatter.denied;
  const scatters = scatter === undefined ? '' : `; ${all} went to all shards (${scatter.policy})`;
  const label = html`<strong class="tight">${name}</strong> <span class="soft">${kind}${scatters}</span>`;
  if (shards.length === 0) {
    return [html`<tr><td>${label}</td><td colspan="10" class="soft">has no shards</td></tr>`];
  }
  return shards.flatMap((shard, index) => {
    const own = tablets.filter((tablet) => tablet.keyspace === name && tablet.shard === shard.name);
    return shardRows(shard, own, index === 0 ? label : undefined, nowMs);
  });
}

function shardRows(
  shard: ShardStatus,
  tablets: readonly TabletStatus[],
  label: Html | undefined,
  nowMs: number,
): Html[] {
  const missing = !tablets.some((tablet) => tablet.alias === shard.primaryAlias);
  const primary = html`<span class="badge bad">${shard.primaryAlias === null ? 'no primary' : `${shard.primaryAlias} unknown`}</span>`;
  const start = (
    same: string,
    first: boolean,
  ): Html => html`<td class="tight ${label === undefined || !first ? 'same' : ''}">${first ? label : ''}</td>
<td class="${same}">${first ? shard.name : ''}</td><td class="${same}">${first ? shard.term : ''} ${first && missing ? primary : ''}</td>`;
  if (tablets.length === 0) {
    return [html`<tr>${start('', true)}<td colspan="8" class="soft">has no tablets</td></tr>`];
  }
  const sorted = [...tablets].sort((a, b) => rank(a) - rank(b) || a.alias.localeCompare(b.alias));
  return sorted.map((tablet, index) => {
    const same = index === 0 ? '' : 'same';
    return html`<tr>${start(same, index === 0)}${tabletCells(tablet, nowMs, same)}</tr>`;
  });
}

const rank = ({ type }: TabletStatus): number => (type === 'primary' ? 0 : 1);

function tabletCells(
  { alias, type, host, port, pool, lastError }: TabletStatus,
  nowMs: number,
  same: string,
): Html {
  const error =
    lastError &&
    html`<span class="error">${lastError.message}</span> <span class="soft">${duration(nowMs - lastError.atMs)} ago</span>`;
  return html`<td class="tight ${same}">${alias}</td><td class="${same}"><span class="badge ${type === 'primary' ? 'good' : ''}">${type}</span></td>
<td class="tight ${same}"><code>${hostPort(host, port)}</code></td><td class="number ${same}">${count(pool.busy)}</td>
<td class="number ${same}">${count(pool.open)}</td><td class="number soft ${same}">${count(pool.max)}</td>
<td class="number ${same}${pool.waiting > 0 ? ' error' : ''}">${count(pool.waiting)}</td><td class="${same}">${error}</td>`;
}

function kinds({ metrics: { queries } }: RouterStatus): Html {
  const sorted = [...queries.byKind].sort((a, b) => b.perSecond - a.perSecond || b.total - a.total);
  return html`<section class="card"><h2>Statements</h2>
${
  sorted.length === 0
    ? html`<p class="soft">None yet.</p>`
    : html`<table><thead><tr><th>Kind</th><th class="number">Per second</th><th class="number">Total</th></tr></thead><tbody>
${sorted.map(({ kind, total, perSecond }) => html`<tr><td>${kind}</td><td class="number">${measure(perSecond)}</td><td class="number">${count(total)}</td></tr>`)}
</tbody></table>`
}</section>`;
}

const ERRORS_SHOWN = 12;
const errorNames: ReadonlyMap<number, string> = new Map(
  Object.entries(catalogue).map(([name, { errno }]) => [errno, name]),
);

function errors({ metrics }: RouterStatus): Html {
  const shown = metrics.errors.byErrno.slice(0, ERRORS_SHOWN);
  return html`<section class="card"><h2>Errors sent to clients</h2>
${
  shown.length === 0
    ? html`<p class="soft">None yet.</p>`
    : html`<table><thead><tr><th>Number</th><th>Name</th><th class="number">Total</th></tr></thead><tbody>
${shown.map(({ errno, total }) => html`<tr><td>${errno === 0 ? 'others' : errno}</td><td class="soft">${errorNames.get(errno)}</td><td class="number">${count(total)}</td></tr>`)}
</tbody></table>`
}</section>`;
}

function traffic({ metrics: { bytes: moved, connections }, sessions }: RouterStatus): Html {
  const rows: [string, string][] = [
    ['Open connections', `${count(connections.open)} of ${count(sessions.max)}`],
    ['Accepted since the start', count(connections.total)],
    ...Object.entries(connections.refused)
      .filter(([, total]) => total > 0)
      .map(([reason, total]): [string, string] => [`Refused: ${reason}`, count(total)]),
    ['From clients', bytes(moved.clientIn)],
    ['To clients', bytes(moved.clientOut)],
    ['From tablets', bytes(moved.tabletIn)],
    ['To tablets', bytes(moved.tabletOut)],
  ];
  return html`<section class="card"><h2>Connections and traffic</h2><table><tbody>
${rows.map(([name, value]) => html`<tr><td>${name}</td><td class="number">${value}</td></tr>`)}
</tbody></table></section>`;
}
