/** A TCP relay that a test can make cut, delay or reset connections at chosen bytes. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../src/local/ports.ts';

/** When a connection through the proxy is to be cut; `never` relays. */
export type Cut = Readonly<{
  /** After so many bytes in this direction. */
  direction: 'toServer' | 'toClient';
  bytes: number;
  /** With a TCP reset, or with an orderly end. */
  reset: boolean;
}>;

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number;
  /** Asked for each new connection. */
  #nextCut: () => Cut | undefined;
  connections = 0;
  cuts = 0;

  private constructor(targetPort: number, nextCut: () => Cut | undefined) {
    this.#targetPort = targetPort;
    this.#nextCut = nextCut;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => this.#relay(client));
  }

  static async start(
    targetPort: number,
    nextCut: () => Cut | undefined = () => undefined,
    port?: number,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort, nextCut);
    // Not one of those for outgoing connections: a proxy may come back on its port.
    const own = port ?? (await freePort());
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(own, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** How many connections are open through it now. */
  get open(): number {
    return this.#sockets.size / 2;
  }

  /** Changes what happens to connections from now on. */
  cutBy(nextCut: () => Cut | undefined): void {
    this.#nextCut = nextCut;
  }

  /** Cuts every connection at once, with a reset or an orderly end. */
  cutAll(reset = true): void {
    for (const socket of this.#sockets) end(socket, reset);
  }

  async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket): void {
    this.connections += 1;
    const cut = this.#nextCut();
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    const both = [client, server];
    const endBoth = (reset: boolean) => {
      for (const socket of both) end(socket, reset);
    };
    for (const socket of both) {
      this.#sockets.add(socket);
      // A failing side shows in its close.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        endBoth(false);
      });
    }
    const onCut = () => {
      this.cuts += 1;
      endBoth(cut!.reset);
    };
    pump(client, server, cut?.direction === 'toServer' ? cut.bytes : undefined, onCut);
    pump(server, client, cut?.direction === 'toClient' ? cut.bytes : undefined, onCut);
    client.resume();
  }
}

/** Forwards bytes, at most `limit`, then calls `onCut`. */
function pump(from: Socket, to: Socket, limit: number | undefined, onCut: () => void): void {
  let left = limit ?? Number.POSITIVE_INFINITY;
  from.on('data', (chunk: Buffer) => {
    if (left === 0) return;
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= part.length;
    const room = to.write(part);
    // The bytes before the cut have to arrive: the far side must see exactly so many.
    if (left === 0) to.write('', () => setImmediate(onCut));
    else if (!room) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => to.end());
}

function end(socket: Socket, reset: boolean): void {
  if (socket.destroyed) return;
  if (reset && !socket.connecting) socket.resetAndDestroy();
  else socket.destroy();
}
