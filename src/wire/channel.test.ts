/** Pins Node's internals on which reused read buffers rest; see the head of channel.ts. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Channel, type ChannelHandler } from './channel.ts';

const servers: Server[] = [];
const sockets: { destroy(): void }[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

const handler = (more: Partial<ChannelHandler>): ChannelHandler => ({
  onBytes: () => {},
  onDrain: () => {},
  onClosed: () => {},
  ...more,
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ pauseOnConnect: true }, onSocket);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('an accepted channel reads into one shared buffer', async () => {
  const seen: { memory: ArrayBufferLike; text: string }[] = [];
  const port = await listen((socket) => {
    const channel: Channel = Channel.accepted(
      socket,
      handler({
        onBytes: (bytes) => {
          seen.push({ memory: bytes.buffer, text: bytes.toString() });
          channel.write(Buffer.from(`echo ${bytes.toString()}`));
        },
      }),
    );
    sockets.push(channel);
    channel.resume();
  });
  for (const text of ['first', 'second']) {
    const client = connect(port, '127.0.0.1');
    sockets.push(client);
    client.write(text);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe(`echo ${text}`);
  }
  expect(seen.map(({ text }) => text)).toEqual(['first', 'second']);
  expect(seen[0]!.memory).toBe(seen[1]!.memory);
});

test('nothing is read before resume, and nothing while paused', async () => {
  const seen: string[] = [];
  const accepted = Promise.withResolvers<Channel>();
  const port = await listen((socket) => {
    const channel = Channel.accepted(socket, handler({ onBytes: (bytes) => seen.push(bytes.toString()) }));
    sockets.push(channel);
    accepted.resolve(channel);
  });
  const client = connect(port, '127.0.0.1');
  sockets.push(client);
  client.write('early');
  const channel = await accepted.promise;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(seen).toEqual([]);
  channel.resume();
  await expect.poll(() => seen).toEqual(['early']);
  channel.pause();
  client.write('later');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(seen).toEqual(['early']);
  channel.resume();
  await expect.poll(() => seen).toEqual(['early', 'later']);
});

test('a connected channel keeps the bytes that it is told to keep', async () => {
  const port = await listen((socket) => {
    sockets.push(socket);
    socket.resume();
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
  });
  const kept: Buffer[] = [];
  const connected = Promise.withResolvers<void>();
  const channel = Channel.connected(
    '127.0.0.1',
    port,
    handler({
      onBytes: (bytes) => {
        kept.push(bytes);
        channel.keepBuffer();
      },
    }),
    connected.resolve,
  );
  sockets.push(channel);
  await connected.promise;
  for (const text of ['one', 'two', 'three']) {
    channel.write(Buffer.from(text));
    await expect.poll(() => kept.at(-1)?.toString()).toBe(text);
  }
  expect(kept.map(String)).toEqual(['one', 'two', 'three']);
  expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(3);
});

test('the end of the other side is told once', async () => {
  const closed: (Error | undefined)[] = [];
  const port = await listen((socket) => {
    const channel = Channel.accepted(socket, handler({ onClosed: (error) => closed.push(error) }));
    channel.resume();
  });
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  client.end();
  await expect.poll(() => closed).toEqual([undefined]);
});
