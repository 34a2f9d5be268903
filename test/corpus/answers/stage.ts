/** The servers: a reference, a twin of it, and a cluster whose sharded keyspace has the reference's database's name. */
import { EtcdTopologyStore } from '../../../src/topology/etcd-store.ts';
import { PREFIX, setKeyspaces } from '../../support/keyspace-stage.ts';
import { startMysqld } from '../../support/mysqld.ts';
import type { Endpoint } from '../../support/raw-client.ts';

/** A table that is there all the time: to alter it makes the router read all tables. */
export const TOUCHED = 'headgate_touched';

export type AnswersStage = Readonly<{
  reference: Endpoint;
  /** Its tables have no keys, and their rows another order: it shows which answers are MySQL's choice. */
  twin: Endpoint;
  router: Endpoint;
  tablets: readonly Endpoint[];
  store: EtcdTopologyStore;
  troubles: readonly string[];
  dir: string;
  stop: () => Promise<void>;
}>;

// A script that waits for a lock of our own sessions has to go on.
const mysqldArgs = [
  '--log-bin-trust-function-creators=ON',
  '--lock-wait-timeout=5',
  '--innodb-lock-wait-timeout=5',
];

export async function setStage(shards: number): Promise<AnswersStage> {
  const touched = [`CREATE TABLE ${TOUCHED} (id INT NOT NULL PRIMARY KEY)`];
  const vschema = { tables: { [TOUCHED]: { type: 'reference' } } };
  const [stage, twin] = await Promise.all([
    setKeyspaces(
      [
        { name: 'test', shards, vschema, everywhere: touched },
        { name: 'side', shards: 0, everywhere: touched },
      ],
      { mysqldArgs },
    ),
    startMysqld({ databases: ['test', 'side'], flags: mysqldArgs }),
  ]);
  const store = EtcdTopologyStore.connect({ hosts: [stage.etcd], prefix: PREFIX });
  const { reference, router, tablets, troubles, dir } = stage;
  const stop = async (): Promise<void> => {
    await store.close();
    await Promise.all([stage.stop(), twin.stop()]);
  };
  return { reference, twin: twin.endpoint, router, tablets, store, troubles, dir, stop };
}
