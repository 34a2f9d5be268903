import type {
  Outcome,
  PrimaryChange,
  PutOptions,
  RemoveOptions,
  RoutingRulesChange,
  Step,
  View,
  VschemaChange,
} from './changes.ts';
import * as changes from './changes.ts';
import type { RouterRecord } from './records.ts';
import type { ScatterPolicy, ShardRecord, TabletRecord, Topology } from './topology.ts';

/**
 * Reading and changing the cluster's records, wherever they are kept. All writes are atomic, decided on the records
 * as they stand, and refused with HG_TOPOLOGY if they break a rule; making one twice is the same as making it once.
 */
export abstract class TopologyStore {
  /** All records at one revision. */
  protected abstract view(): Promise<View>;
  /** Commits what `decide` chooses, again on newer records for as long as somebody else is faster. */
  protected abstract change<T>(decide: (view: View) => Step<T>): Promise<T>;
  abstract close(): Promise<void>;

  async read(): Promise<Topology> {
    return (await this.view()).topology;
  }

  /** The live routers, by number. */
  async routers(): Promise<RouterRecord[]> {
    const { entries } = await this.view();
    const routers = [...entries.values()].flatMap(({ record }) =>
      record?.kind === 'router' ? [record.record] : [],
    );
    return routers.sort((a, b) => a.number - b.number);
  }

  putKeyspace(keyspace: { name: string; sharded: boolean }, options?: PutOptions): Promise<Outcome> {
    return this.change((view) => changes.putKeyspace(view, keyspace, options));
  }

  /** Refused for a keyspace that there is not. */
  setScatterPolicy(change: { keyspace: string; policy: ScatterPolicy | undefined }): Promise<Outcome> {
    return this.change((view) => changes.setScatterPolicy(view, change));
  }

  /** Adds a shard without a primary, or leaves an existing one as it is. */
  putShard(shard: { keyspace: string; shard: string }): Promise<Outcome> {
    return this.change((view) => changes.putShard(view, shard));
  }

  /** Resolves with whether there was such a keyspace. Refused while it has shards or tablets, unless forced. */
  removeKeyspace(name: string, options?: RemoveOptions): Promise<boolean> {
    return this.change((view) => changes.removeKeyspace(view, name, options));
  }

  /** Resolves with whether there was such a shard. Refused while it has tablets, unless forced. */
  removeShard(shard: { keyspace: string; shard: string }, options?: RemoveOptions): Promise<boolean> {
    return this.change((view) => changes.removeShard(view, shard, options));
  }

  putTablet(tablet: TabletRecord, options?: PutOptions): Promise<Outcome> {
    return this.change((view) => changes.putTablet(view, tablet, options));
  }

  /** Resolves with whether there was such a tablet. Refused for a shard's primary, unless forced. */
  removeTablet(alias: string, options?: RemoveOptions): Promise<boolean> {
    return this.change((view) => changes.removeTablet(view, alias, options));
  }

  /** Names a shard's primary and raises its term; a tablet that is already named stays so under the same term. */
  setPrimary(change: PrimaryChange): Promise<ShardRecord> {
    return this.change((view) => changes.setPrimary(view, change));
  }

  putVschema(change: VschemaChange): Promise<Outcome> {
    return this.change((view) => changes.putVschema(view, change));
  }

  /** The VSchema (undefined if none is stored) and its revision for `putVschema` (then 0). */
  async getVschema(keyspace: string): Promise<{ vschema: unknown; revision: number }> {
    const view = await this.view();
    return {
      vschema: changes.keyspaceIn(view, keyspace).vschema,
      revision: changes.vschemaRevision(view, keyspace),
    };
  }

  putRoutingRules(change: RoutingRulesChange): Promise<Outcome> {
    return this.change((view) => changes.putRoutingRules(view, change));
  }

  /** The routing rules (undefined if none are stored) and their revision for `putRoutingRules` (then 0). */
  async getRoutingRules(): Promise<{ routingRules: unknown; revision: number }> {
    const view = await this.view();
    return {
      routingRules: view.topology.routingRules,
      revision: changes.routingRulesRevision(view),
    };
  }
}
