/** One sharded table, `things`, behind a router, and a client of it: for what the router says about statements. */
import { expect } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { ask, refusal } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

const vschema = {
  sharded: true,
  vindexes: { bits: { type: 'reverse_bits' } },
  tables: { things: { column_vindexes: [{ column: 'id', name: 'bits' }] } },
};

export type ThingsStage = Readonly<{
  stage: RouterStage;
  router: RouterUnderTest;
  client: RawClient;
  stop: () => Promise<void>;
}>;

export async function setThings(): Promise<ThingsStage> {
  const stage = await RouterStage.set(['CREATE TABLE things (id INT PRIMARY KEY, v VARCHAR(40), n INT)']);
  try {
    await withStore(stage.etcdAddress, (store) => store.putVschema({ keyspace: 'user', vschema }));
    const router = await stage.startRouter(['--pool-connections-max=3', '--gateway-hold-ms-max=300']);
    const client = await RawClient.connect(router.endpoint, { database: 'user' });
    const stop = async (): Promise<void> => {
      client.destroy();
      await stage.stop();
    };
    return { stage, router, client, stop };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

/** The router's plan as text. */
export async function planOf(client: RawClient, sql: string): Promise<string> {
  expect(await refusal(client, `EXPLAIN FORMAT=HEADGATE ${sql}`)).toBeUndefined();
  const { columns, rows } = await ask(client, `EXPLAIN FORMAT=HEADGATE ${sql}`);
  expect(columns.map(({ name }) => name)).toEqual(['EXPLAIN']);
  return rows.map(([line]) => line).join('\n');
}
