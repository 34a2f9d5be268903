/** One router process: puts topology, gateway, listeners and the admin port together, and takes them apart again. */
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { Sequences } from '../engine/sequences.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { Gateway } from '../gateway/gateway.ts';
import { GatherFigures } from '../session/gather/gather-figures.ts';
import { Plans } from '../session/plans.ts';
import { Scatters } from '../session/scatters.ts';
import type { SessionServices } from '../session/services.ts';
import type { Log } from '../telemetry/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { addPlanCacheMetrics } from '../telemetry/plan-cache-metrics.ts';
import { addScatterMetrics } from '../telemetry/scatter-metrics.ts';
import { EtcdTopologyWatcher } from '../topology/etcd-watcher.ts';
import { RouterPeers } from '../topology/peers/router-peers.ts';
import { RouterLease } from '../topology/router-lease.ts';
import { tabletTypes } from '../topology/topology.ts';
import { buildErr } from '../wire/err-packet.ts';
import { frame } from '../wire/packets.ts';
import { type AdminServer, startAdminServer } from './admin/admin-server.ts';
import type { Readiness } from './admin/status.ts';
import { ClientConnection } from './client-connection.ts';
import type { ClientSettings } from './client-settings.ts';
import { ClientWatch } from './client-timeouts.ts';
import { ClusterSessions } from './cluster-sessions.ts';
import { ConnectionIds } from './connection-ids.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { Credentials } from './credentials.ts';
import { Listeners } from './listeners.ts';
import { collectGauges, gaugesHelp, routerStatus } from './router-status.ts';

const DRAIN_POLL_MS = 20;
const TRAFFIC_EVERY_MS = 1000;

export class Router {
  readonly config: Config;
  readonly log: Log;
  readonly metrics = new Metrics(tabletTypes);
  readonly watcher: EtcdTopologyWatcher;
  readonly gateway: Gateway;
  readonly plans: Plans;
  readonly scatters: Scatters;
  readonly gatherFigures = new GatherFigures();
  readonly startedAtMs = Date.now();
  readonly connections = new Map<number, ClientConnection>();
  /** Those that count as open. */
  readonly #ready = new WeakSet<ClientConnection>();
  state: 'starting' | 'serving' | 'draining' = 'starting';
  port = 0;
  readonly #ids = new ConnectionIds(0, (id) => this.connections.has(id));
  readonly #lease: RouterLease;
  readonly #peers: RouterPeers;
  readonly #cluster: ClusterSessions;
  readonly #credentials: Credentials;
  readonly #listeners: Listeners;
  #admin: AdminServer | undefined;
  readonly #settings: ClientSettings;
  readonly #limits: ConnectionLimits;
  readonly #watch: ClientWatch;
  readonly #traffic: NodeJS.Timeout;
  #tabletRead = 0;
  #tabletWritten = 0;

  private constructor(config: Config, log: Log) {
    this.config = config;
    this.log = log;
    this.#credentials = new Credentials(config, log);
    const { etcd: hosts, prefix, timeoutMs } = config.topology;
    this.watcher = EtcdTopologyWatcher.start({
      hosts,
      prefix,
      callMsMax: timeoutMs,
      onEvent: (kind, detail) =>
        log[kind === 'followed' ? 'info' : 'warn']({ kind, detail }, `topology ${kind}`),
    });
    this.gateway = new Gateway({
      watcher: this.watcher,
      login: {
        user: config.gateway.user,
        password: config.gateway.password,
        tls: config.gateway.tls,
        certificates: () => this.#credentials.gatewayTls,
        connectMsMax: config.gateway.connectMsMax,
      },
      limits: config.pool,
      holdMsMax: config.gateway.holdMsMax,
      cell: config.gateway.cell,
      log,
    });
    this.plans = new Plans(this.gateway, config.planner.cacheBytesMax, log);
    this.scatters = new Scatters(this.gateway, config.planner.scatterPolicy, log);
    addPlanCacheMetrics(this.metrics, () => this.plans.figures);
    addScatterMetrics(this.metrics, () => this.scatters.figures);
    this.#lease = new RouterLease({
      hosts,
      prefix,
      router: this.#record(),
      onAcquired: (number) => {
        this.#ids.routerNumber = number;
        this.#peers.serve(number);
        log.info({ number }, 'router number leased');
      },
      onLost: (number) => log.warn({ number }, 'router number lost'),
      onProblem: (message) => log.warn({ message }, 'no router number yet'),
    });
    this.#peers = new RouterPeers({
      hosts,
      prefix,
      callMsMax: timeoutMs,
      answerMsMax: config.topology.peerAnswerMsMax,
      leaseId: () => this.#lease.leaseId,
      answer: (content) => this.#cluster.answer(content),
      onProblem: (message) => log.warn({ message }, 'a question of another router was not answered'),
    });
    this.#cluster = new ClusterSessions(this.connections, this.#peers, () => this.#ids.routerNumber);
    this.#limits = new ConnectionLimits(config.listen);
    this.#watch = new ClientWatch(this.connections, () => this.gateway.clientTimeouts);
    this.#settings = this.#clientSettings();
    this.#listeners = new Listeners(config.listen, (socket, local) => this.#accept(socket, local));
    this.metrics.onCollect((set) => collectGauges(this, set), gaugesHelp);
    this.#traffic = setInterval(() => this.#countTraffic(), TRAFFIC_EVERY_MS).unref();
  }

  /** Starts listening. Rejects with HG_CONFIG when a port is taken; etcd and tablets may come later. */
  static async start(config: Config, log: Log): Promise<Router> {
    const router = new Router(config, log);
    try {
      router.port = await router.#listeners.open();
      router.#admin = await startAdminServer({
        host: config.admin.host,
        port: config.admin.port,
        providers: {
          readiness: () => router.readiness(),
          metrics: () => {
            router.#countTraffic();
            return router.metrics.text();
          },
          status: () => routerStatus(router),
        },
      });
    } catch (error) {
      await router.stop();
      throw error;
    }
    router.state = 'serving';
    const { host, socket } = config.listen;
    log.info({ host, port: router.port, socket, admin: router.#admin.url }, 'router listens');
    return router;
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  /** What clients are told: the tablets' version, and that of the configuration before any is known. */
  get serverVersion(): string {
    return this.gateway.serverVersion ?? this.config.listen.serverVersion;
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.state !== 'serving') reasons.push(`the router is ${this.state}`);
    const topology = this.watcher.current;
    if (topology === undefined) reasons.push('the topology was not read yet: is etcd up?');
    else if (topology.keyspaces.size === 0) reasons.push('the topology has no keyspace');
    for (const keyspace of topology?.keyspaces.values() ?? []) {
      for (const shard of keyspace.shards.keys()) {
        const primary = this.gateway.shard(keyspace.name, shard)?.primary;
        if (primary === undefined) reasons.push(`${keyspace.name}/${shard} has no primary`);
        else if (primary.facts === undefined)
          reasons.push(
            `${primary.tablet.alias} was not reached: ${primary.lastError?.message ?? 'not tried yet'}`,
          );
      }
    }
    return { ready: reasons.length === 0, reasons };
  }

  /** Ends the router: no new connections, statements and transactions may end, then all is closed. */
  async drain(): Promise<void> {
    if (this.state === 'draining') return;
    this.state = 'draining';
    this.log.info({ open: this.connections.size }, 'draining');
    this.#listeners.close();
    for (const connection of [...this.connections.values()]) connection.shutDown();
    const deadlineMs = Date.now() + this.config.shutdown.drainMsMax;
    while (this.connections.size > 0 && Date.now() < deadlineMs) await sleep(DRAIN_POLL_MS);
    await this.stop();
  }

  async stop(): Promise<void> {
    this.state = 'draining';
    this.#listeners.close();
    for (const connection of [...this.connections.values()]) connection.destroy();
    this.#credentials.close();
    clearInterval(this.#traffic);
    this.#watch.close();
    // A tablet that does not answer is not waited for.
    await Promise.race([
      this.#statementsStopped(),
      sleep(this.config.gateway.connectMsMax, undefined, { ref: false }),
    ]);
    this.gateway.close();
    this.metrics.close();
    this.#peers.close();
    await Promise.all([this.#lease.close(), this.watcher.close(), this.#admin?.close()]);
    this.log.info('router stopped');
  }

  /** The statements of clients that were cut off stop on their tablets: this process is about to forget them. */
  async #statementsStopped(): Promise<void> {
    while (this.connections.size > 0) await sleep(1);
    await Promise.all(
      [...this.gateway.pools].flatMap((pool) => [...pool.connections].map(({ killing }) => killing)),
    );
  }

  /** Connections count their own bytes; here the sums go to the metrics. */
  #countTraffic(): void {
    const { read, written } = this.gateway.traffic();
    this.metrics.tabletIn(read - this.#tabletRead);
    this.metrics.tabletOut(written - this.#tabletWritten);
    this.#tabletRead = read;
    this.#tabletWritten = written;
  }

  #record() {
    const { admin, listen } = this.config;
    return {
      host: listen.host === '0.0.0.0' || listen.host === '::' ? hostname() : listen.host,
      port: listen.port,
      adminUrl: `http://${admin.host}:${admin.port}`,
      pid: process.pid,
      startedAt: new Date().toISOString(),
    };
  }

  #clientSettings(): ClientSettings {
    const { config } = this;
    const services: SessionServices = {
      gateway: this.gateway,
      plans: this.plans,
      scatters: this.scatters,
      sequences: new Sequences(this.gateway),
      metrics: this.metrics,
      log: this.log,
      cluster: this.#cluster,
      limits: config.session,
      slowQueryMs: config.log.slowQueryMs,
      statementBytesMax: config.engine.statementBytesMax,
      gatherFigures: this.gatherFigures,
      gatherLimits: { rowsMax: config.engine.gatherRowsMax, bytesMax: config.engine.gatherBytesMax },
      statistics: () => this.#statistics(),
      tabletUser: config.gateway.user,
    };
    return {
      services,
      users: () => this.#credentials.users,
      limits: this.#limits,
      serverVersion: () => this.serverVersion,
      tls: config.listen.tls.mode,
      serverTls: () => this.#credentials.serverTls,
      rsaKeyPair: (attributes) => this.#credentials.rsaKeyPair(attributes),
      localInfile: config.listen.localInfile === 'on',
      compression: config.listen.compression,
      packetBytesMax: config.listen.packetBytesMax,
      handshakeMsMax: config.listen.handshakeMsMax,
      resultBufferBytesMax: config.session.resultBufferBytesMax,
      draining: () => this.state === 'draining',
      onReady: (connection) => {
        if (this.#ready.has(connection)) return;
        this.#ready.add(connection);
        this.metrics.connectionOpened();
      },
      onClosed: (connection) => {
        // Its login may have been accepted when it was gone already.
        if (this.#ready.delete(connection)) this.metrics.connectionClosed();
        this.connections.delete(connection.connectionId);
      },
    };
  }

  #statistics(): string {
    const { queries, connections } = this.metrics.snapshot();
    const uptime = Math.floor((Date.now() - this.startedAtMs) / 1000);
    const rate = (queries.total / Math.max(uptime, 1)).toFixed(3);
    return `Uptime: ${uptime}  Threads: ${connections.open}  Questions: ${queries.total}  Slow queries: 0  Opens: 0  Flush tables: 0  Open tables: 0  Queries per second avg: ${rate}`;
  }

  #accept(socket: Socket, local: boolean): void {
    if (!this.#limits.open()) {
      this.metrics.connectionRefused('limit');
      socket.on('error', () => {});
      socket.end(frame(buildErr(new HeadgateError('ER_CON_COUNT_ERROR'), false), 0));
      return;
    }
    this.#listeners.identify(socket, local, {
      ready: (channel, peer, rest) => {
        const id = this.#ids.next();
        const connection = new ClientConnection(channel, peer, id, this.#settings);
        this.connections.set(id, connection);
        if (rest !== undefined) connection.onBytes(rest);
      },
      failed: (error, { address }) => {
        this.#limits.close(undefined);
        this.metrics.connectionRefused('handshake');
        if (error !== undefined) this.log.warn({ client: address, err: error }, 'client connection refused');
      },
    });
  }
}
