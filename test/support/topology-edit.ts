/** Changes to a running cluster's records, as an operator makes them. */
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';

/** Opens the cluster's store for `work` and closes it. */
export async function withStore<T>(
  etcdAddress: string,
  work: (store: EtcdTopologyStore) => Promise<T>,
): Promise<T> {
  const store = EtcdTopologyStore.connect({ hosts: [etcdAddress] });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Lets routers reach a tablet through another port: a proxy's. */
export const moveTablet = (etcdAddress: string, alias: string, port: number): Promise<void> =>
  withStore(etcdAddress, async (store) => {
    const tablet = (await store.read()).tablets.get(alias);
    if (!tablet) throw new Error(`no tablet ${alias} in the topology`);
    await store.putTablet({ ...tablet, port });
  });
