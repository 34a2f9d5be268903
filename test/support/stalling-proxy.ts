import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay in front of a server, whose connections can fall silent without being closed. */
export type StallingProxy = Readonly<{
  address: string;
  /** Open connections, oldest first. */
  connections: () => readonly { stall: () => void }[];
  close: () => Promise<void>;
}>;

export async function startStallingProxy(targetPort: number, listenPort = 0): Promise<StallingProxy> {
  const open = new Set<{ stall: () => void; client: Socket; target: Socket }>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const stall = (): void => {
      for (const socket of [client, target]) {
        socket.unpipe();
        socket.pause();
      }
    };
    const pair = { stall, client, target };
    open.add(pair);
    for (const socket of [client, target]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(pair);
        client.destroy();
        target.destroy();
      });
    }
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(listenPort, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => [...open],
    close: async () => {
      for (const { client } of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
