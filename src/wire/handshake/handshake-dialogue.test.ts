/** Both state machines against each other, and the server's against hand-made and broken clients. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { hashPassword, type UserDirectory } from '../../config/users.ts';
import { parseUsers } from '../../config/users-file.ts';
import type { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { cachingSha2Token } from '../auth/caching-sha2-password.ts';
import { nativeToken } from '../auth/native-password.ts';
import { createRsaKeyPair, type RsaKeyPair } from '../auth/rsa-password.ts';
import { parseErr, type ServerError } from '../err-packet.ts';
import { buildOk } from '../ok-packet.ts';
import { buildChangeUser } from './change-user.ts';
import {
  ClientHandshake,
  type ClientHandshakeOptions,
  type ClientHandshakeResult,
} from './client-handshake.ts';
import type { ClientIdentity } from './client-identity.ts';
import { parseGreeting } from './greeting.ts';
import { buildHandshakeResponse, buildSslRequest, type HandshakeResponse } from './handshake-response.ts';
import { ServerChangeUser } from './server-change-user.ts';
import { ServerHandshake, type ServerHandshakeOptions } from './server-handshake.ts';

const tlsPeer = { cipher: 'TLS_AES_256_GCM_SHA384', version: 'TLSv1.3', certificate: undefined };
const { cachingSha2, native } = hashPassword('secret');
const users: UserDirectory = parseUsers(
  `users:
  - { name: both, cachingSha2: '${cachingSha2}', native: '${native}' }
  - { name: sha2, cachingSha2: '${cachingSha2}' }
  - { name: native, native: '${native}' }
  - { name: none, password: '' }
  - { name: local, hosts: [localhost], cachingSha2: '${cachingSha2}' }
`,
  'users.yaml',
);
const sha2Only = parseUsers(
  `users: [{ name: sha2, hosts: [localhost], cachingSha2: '${cachingSha2}' }]`,
  'f',
);

let rsaKeyPair: RsaKeyPair;
beforeAll(async () => {
  rsaKeyPair = await createRsaKeyPair();
});

const serverOptions: ServerHandshakeOptions = {
  users,
  remoteAddress: '10.0.0.1',
  connectionId: 7,
  serverVersion: '9.7.4',
  capabilities: capability.connectAttrs | capability.deprecateEof | capability.multiStatements,
  collationId: 255,
  statusFlags: 2,
  tls: 'optional',
  secure: false,
};
const clientOptions: ClientHandshakeOptions = {
  user: 'sha2',
  password: 'secret',
  collationId: 45,
  capabilities: capability.deprecateEof | capability.sessionTrack,
  tls: 'off',
};

type Verdict = {
  identity?: ClientIdentity;
  result?: ClientHandshakeResult;
  refused?: HeadgateError;
  failed?: ServerError;
  /** First bytes of all packets, `>` from the server. */
  packets: string[];
  tls: number;
};

function play(server: Partial<ServerHandshakeOptions>, client: Partial<ClientHandshakeOptions>): Verdict {
  const verdict: Verdict = { packets: [], tls: 0 };
  const queue: (() => void)[] = [];
  const post = (to: 'client' | 'server', payload: Buffer, sequence: number): void => {
    verdict.packets.push(`${to === 'client' ? '>' : '<'}${payload.toString('hex', 0, 2)}`);
    // The receiver gets memory that is wiped afterwards: nothing may be kept without copying.
    const lent = Buffer.from(payload);
    queue.push(() => {
      (to === 'client' ? clientSide : serverSide).push(lent, sequence);
      lent.fill(0);
    });
  };
  const serverSide = new ServerHandshake(
    { ...serverOptions, ...server },
    {
      send: (payload, sequence) => post('client', payload, sequence),
      startTls: () => {
        verdict.tls += 1;
        queue.push(() => serverSide.secured(tlsPeer));
      },
      done: (identity, sequence) => {
        verdict.identity = identity;
        post('client', buildOk({ statusFlags: 2 }, identity.capabilities), sequence);
      },
      refuse: (error) => {
        verdict.refused = error;
      },
    },
  );
  const clientSide = new ClientHandshake(
    { ...clientOptions, ...client },
    {
      send: (payload, sequence) => post('server', payload, sequence),
      startTls: () => {
        verdict.tls += 1;
        queue.push(() => clientSide.secured());
      },
      done: (result) => {
        verdict.result = result;
      },
      fail: (error) => {
        verdict.failed = { errno: error.errno, sqlState: error.sqlState, message: error.message };
      },
    },
  );
  serverSide.start();
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) step();
  return verdict;
}

test('the fast path, without TLS', () => {
  const attributes = new Map([['_client_name', 'x']]);
  const verdict = play({}, { database: 'shop', attributes });
  expect(verdict.packets).toEqual(['>0a39', expect.stringMatching('<'), '>0103', '>0000']);
  expect(verdict.identity).toMatchObject({
    userName: 'sha2',
    database: 'shop',
    attributes,
    collationId: 45,
    plugin: 'caching_sha2_password',
    secure: false,
  });
  expect(verdict.result).toMatchObject({
    serverVersion: '9.7.4',
    threadId: 7,
    statusFlags: 2,
    secure: false,
  });
  expect(verdict.identity!.capabilities & capability.deprecateEof).not.toBe(0);
  expect(verdict.identity!.capabilities & capability.sessionTrack).toBe(0);
  expect(verdict.result!.capabilities).toBe(verdict.identity!.capabilities);
});

test('TLS first where the client wants it', () => {
  for (const tls of ['preferred', 'required'] as const) {
    const verdict = play({ tls: 'required' }, { tls });
    expect(verdict).toMatchObject({ tls: 2, identity: { secure: true }, result: { secure: true } });
  }
  expect(play({ tls: 'off' }, { tls: 'preferred' })).toMatchObject({ tls: 0, identity: { secure: false } });
  expect(play({ tls: 'off' }, { tls: 'required' }).failed).toMatchObject({ errno: 9208 });
});

test('TLS required and missing; a unix socket needs none', () => {
  expect(play({ tls: 'required' }, {}).failed).toEqual({
    errno: 3159,
    sqlState: 'HY000',
    message: 'Connections using insecure transport are prohibited while --require_secure_transport=ON.',
  });
  const local = play({ tls: 'required', secure: true, remoteAddress: '' }, { secure: true });
  expect(local.identity).toMatchObject({ secure: true });
});

test('a user with only a native hash', () => {
  const switched = play({}, { user: 'native' });
  expect(switched.packets).toEqual([
    '>0a39',
    expect.stringMatching('<'),
    '>fe6d',
    expect.stringMatching('<'),
    '>0000',
  ]);
  expect(switched.identity).toMatchObject({ plugin: 'mysql_native_password' });
  // A secure client gives its password instead: newer ones have lost the native plugin.
  const full = play({}, { user: 'native', tls: 'required' });
  expect(full.packets.slice(-3)).toEqual(['>0104', '<7365', '>0000']);
  expect(full.identity).toMatchObject({ plugin: 'caching_sha2_password' });
});

test('the full path over RSA, with the key asked for or known', () => {
  const server = { rsaKeyPair: () => rsaKeyPair };
  const asked = play(server, { user: 'native' });
  expect(asked.packets.slice(2)).toEqual(['>0104', '<02', '>012d', expect.stringMatching('<'), '>0000']);
  expect(asked.identity).toMatchObject({ userName: 'native', plugin: 'caching_sha2_password' });
  const known = play(server, { user: 'native', serverPublicKeyPem: rsaKeyPair.publicKeyPem });
  expect(known.packets.slice(2)).toEqual(['>0104', expect.stringMatching('<'), '>0000']);
  expect(play(server, { user: 'native', password: 'wrong' }).failed).toMatchObject({ errno: 1045 });
});

test.each(['sha2', 'both', 'native', 'none', 'nobody'])('a wrong password for %s', (user) => {
  for (const tls of ['off', 'required'] as const) {
    const verdict = play({}, { user, password: 'wrong', tls });
    const message = `Access denied for user '${user}'@'10.0.0.1' (using password: YES)`;
    expect(verdict.failed).toEqual({ errno: 1045, sqlState: '28000', message });
    expect(verdict.refused).toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    expect(verdict.identity).toBeUndefined();
  }
});

test.each(['sha2', 'both', 'native', 'nobody'])('no password for %s', (user) => {
  const verdict = play({ remoteAddress: '::1' }, { user, password: '' });
  expect(verdict.failed?.message).toBe(`Access denied for user '${user}'@'localhost' (using password: NO)`);
});

test('a user without a password', () => {
  expect(play({}, { user: 'none', password: '' }).identity).toMatchObject({ userName: 'none' });
});

test('an unknown name sees the packets of a known one', () => {
  const known = play({ users: sha2Only, remoteAddress: '' }, { password: 'wrong' });
  const unknown = play({ users: sha2Only, remoteAddress: '' }, { user: 'abcd', password: 'wrong' });
  expect(unknown.packets).toEqual(known.packets);
  expect(unknown.failed?.message).toBe(known.failed?.message.replace('sha2', 'abcd'));
});

test('a known name from the wrong place is an unknown one; an address that nobody has is told so at once', () => {
  expect(play({}, { user: 'local' }).failed).toMatchObject({ errno: 1045 });
  const denied = play({ users: sha2Only }, {});
  expect(denied.packets).toEqual(['>ff6a']);
  expect(denied.failed).toEqual({
    errno: 1130,
    sqlState: 'HY000',
    message: "Host '10.0.0.1' is not allowed to connect to this MySQL server",
  });
});

type Raw = { sent: [Buffer, number][]; identity?: ClientIdentity; refused?: HeadgateError; tls: number };

/** A server that was greeted by hand. */
function open(options: Partial<ServerHandshakeOptions> = {}) {
  const raw: Raw = { sent: [], tls: 0 };
  const server = new ServerHandshake(
    { ...serverOptions, ...options },
    {
      send: (payload, sequence) => raw.sent.push([payload, sequence]),
      startTls: () => {
        raw.tls += 1;
      },
      done: (identity, sequence) => {
        raw.identity = identity;
        raw.sent.push([Buffer.from('ok'), sequence]);
      },
      refuse: (error) => {
        raw.refused = error;
      },
    },
  );
  server.start();
  return { server, raw, nonce: parseGreeting(raw.sent[0]![0]).nonce };
}

const flags = capability.protocol41 | capability.secureConnection | capability.pluginAuth;
const response = (fields: Partial<HandshakeResponse>): Buffer =>
  buildHandshakeResponse({
    capabilities: flags,
    packetBytesMax: 1 << 24,
    collationId: 255,
    userName: Buffer.from('sha2'),
    token: Buffer.alloc(0),
    database: undefined,
    plugin: 'caching_sha2_password',
    attributes: new Map(),
    zstdLevel: undefined,
    ...fields,
  });

test.each(['mysql_clear_password', 'client_ed25519', '', 'mysql_native_password'])(
  'a client that announces %j is asked for the plugin of its user, with a new nonce',
  (plugin) => {
    const { server, raw, nonce } = open();
    server.push(response({ plugin, token: Buffer.alloc(20, 1) }), 1);
    const [request, sequence] = raw.sent[1]!;
    expect(sequence).toBe(2);
    expect(request.toString('latin1', 0, 23)).toBe('\xfecaching_sha2_password\0');
    const fresh = Buffer.from(request.subarray(23, 43));
    expect(fresh).not.toEqual(nonce);
    server.push(cachingSha2Token(Buffer.from('secret'), fresh), 3);
    expect(raw.sent.slice(2)).toEqual([
      [Buffer.from([1, 3]), 4],
      [Buffer.from('ok'), 5],
    ]);
  },
);

test("a native token is judged at once where the user has a native hash; a client's empty first word is not", () => {
  const direct = open();
  const userName = Buffer.from('both');
  const token = nativeToken(Buffer.from('secret'), direct.nonce);
  direct.server.push(response({ userName, plugin: 'mysql_native_password', token }), 1);
  expect(direct.raw.identity).toMatchObject({ plugin: 'mysql_native_password' });
  const asked = open();
  asked.server.push(response({ userName, plugin: 'mysql_native_password' }), 1);
  expect(asked.raw.sent[1]![0].toString('latin1', 0, 23)).toBe('\xfemysql_native_password\0');
});

test('clients without PLUGIN_AUTH know the native plugin only', () => {
  const capabilities = capability.protocol41 | capability.secureConnection;
  const login = (name: string) => {
    const session = open();
    const token = nativeToken(Buffer.from('secret'), session.nonce);
    session.server.push(response({ capabilities, userName: Buffer.from(name), token }), 1);
    return session.raw;
  };
  expect(login('both').identity).toMatchObject({ plugin: 'mysql_native_password' });
  expect(login('sha2').refused).toMatchObject({ errno: 1251, sqlState: '08004' });
});

test('a client before 4.1 gets 1043 without a state', () => {
  const { server, raw } = open();
  server.push(Buffer.from('0500000001726f6f7400', 'hex'), 1);
  expect(raw.sent[1]).toEqual([Buffer.from('ff13044261642068616e647368616b65', 'hex'), 2]);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['three bytes', Buffer.from([1, 2, 3])],
  ['a name without end', response({}).subarray(0, 34)],
  ['a web browser', Buffer.from('GET / HTTP/1.1\r\nHost: localhost:3306\r\nAccept: */*\r\n\r\n')],
  ['too much', Buffer.alloc(200_000)],
])('%s is a bad handshake', (_what, payload) => {
  const { server, raw } = open();
  server.push(payload, 1);
  expect(raw.refused).toMatchObject({ code: 'ER_HANDSHAKE_ERROR', message: 'Bad handshake' });
  expect(raw.sent).toHaveLength(2);
  server.push(response({}), 3);
  expect(raw.sent).toHaveLength(2);
});

test('order counts: sequence numbers, nothing between request and TLS, nothing after the verdict', () => {
  const wrong = open();
  wrong.server.push(response({}), 3);
  expect(wrong.raw.refused).toMatchObject({ errno: 1156 });
  const early = open();
  const head = { capabilities: flags | capability.ssl, packetBytesMax: 1, collationId: 45 };
  early.server.push(buildSslRequest(head), 1);
  expect(early.raw.tls).toBe(1);
  early.server.push(response({}), 2);
  expect(early.raw.refused).toMatchObject({ code: 'ER_HANDSHAKE_ERROR' });
  const off = open({ tls: 'off' });
  off.server.push(buildSslRequest(head), 1);
  expect(off.raw).toMatchObject({ tls: 0, refused: { code: 'ER_HANDSHAKE_ERROR' } });
});

test('on a unix socket TLS may be asked for or not', () => {
  const options = { secure: true, remoteAddress: '' };
  const userName = Buffer.from('none');
  const capabilities = flags | capability.ssl;
  const plain = open(options);
  plain.server.push(response({ userName, capabilities }), 1);
  expect(plain.raw).toMatchObject({ tls: 0, identity: { userName: 'none', secure: true } });
  const asked = open(options);
  asked.server.push(buildSslRequest({ capabilities, packetBytesMax: 1, collationId: 45 }), 1);
  asked.server.secured(tlsPeer);
  asked.server.push(response({ userName, capabilities }), 2);
  expect(asked.raw).toMatchObject({ tls: 1, identity: { userName: 'none', secure: true } });
});

test('a password in the clear is not taken on a plain connection', () => {
  const { server, raw } = open({ rsaKeyPair: () => rsaKeyPair });
  server.push(response({ userName: Buffer.from('native'), token: Buffer.alloc(32, 1) }), 1);
  expect(raw.sent[1]![0]).toEqual(Buffer.from([1, 4]));
  server.push(Buffer.from('secret\0'), 3);
  expect(raw.refused).toMatchObject({ errno: 1045 });
});

test('COM_CHANGE_USER asks with a new nonce and goes on from sequence 1', () => {
  const { identity } = play({}, {});
  const login = (password: string, name = 'both') => {
    const raw: Raw = { sent: [], tls: 0 };
    const change = new ServerChangeUser(serverOptions, identity!, {
      send: (payload, sequence) => raw.sent.push([payload, sequence]),
      done: (changed, sequence) => {
        raw.identity = changed;
        raw.sent.push([Buffer.from('ok'), sequence]);
      },
      refuse: (error) => {
        raw.refused = error;
      },
    });
    const request = {
      userName: Buffer.from(name),
      token: Buffer.alloc(0),
      database: Buffer.from('shop'),
      collationId: 46,
      plugin: 'caching_sha2_password',
      attributes: new Map([['a', 'b']]),
    };
    change.push(buildChangeUser(request, identity!.capabilities), 0);
    const [asked, sequence] = raw.sent[0]!;
    expect([asked[0], sequence]).toEqual([0xfe, 1]);
    change.push(cachingSha2Token(Buffer.from(password), Buffer.from(asked.subarray(23, 43))), 2);
    return raw;
  };
  const changed = login('secret');
  expect(changed.sent.map(([, sequence]) => sequence)).toEqual([1, 3, 4]);
  expect(changed.identity).toMatchObject({
    userName: 'both',
    database: 'shop',
    collationId: 46,
    packetBytesMax: 0x4000_0000,
  });
  expect(login('wrong').refused).toMatchObject({ errno: 1045 });
  expect(parseErr(login('secret', 'nobody').sent.at(-1)![0])).toMatchObject({
    errno: 1045,
    sqlState: '28000',
  });
});

test('a COM_CHANGE_USER that cannot be read is an unknown command, as with MySQL', () => {
  const { identity } = play({}, {});
  for (const hex of ['11726f6f74', '11726f6f74002061', '11726f6f740000']) {
    let refused: HeadgateError | undefined;
    const sent: Buffer[] = [];
    const change = new ServerChangeUser(serverOptions, identity!, {
      send: (payload) => sent.push(payload),
      done: () => {},
      refuse: (error) => {
        refused = error;
      },
    });
    change.push(Buffer.from(hex, 'hex'), 0);
    expect(refused).toMatchObject({ errno: 1047 });
    expect(sent).toHaveLength(1);
  }
});

test('any packets at all end in silence, a question or one refusal, never in an exception or a login', () => {
  const built = response({ token: Buffer.alloc(32, 1), capabilities: flags | capability.connectAttrs });
  const mutated = fc
    .tuple(fc.nat(built.length), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
    .map(([length, changes]) => {
      const payload = Buffer.from(built.subarray(0, length));
      for (const [at, value] of changes) if (length > 0) payload[at % length] = value;
      return payload;
    });
  const packet = fc.oneof(
    mutated,
    fc.constant(built),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  const property = fc.property(
    fc.array(packet, { minLength: 1, maxLength: 5 }),
    fc.boolean(),
    (packets, rsa) => {
      const { server, raw } = open(rsa ? { rsaKeyPair: () => rsaKeyPair } : {});
      for (const payload of packets) {
        const last = raw.sent.at(-1)![1];
        server.push(payload, (last + 1) & 0xff);
        server.secured(tlsPeer);
      }
      // Only the user without a password can come of it, by its right name.
      if (raw.identity !== undefined) expect(raw.identity.userName).toBe('none');
      expect(raw.sent.filter(([payload]) => payload[0] === 0xff).length).toBe(
        raw.refused === undefined ? 0 : 1,
      );
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

test('a server that sends nonsense is told apart from one that refuses', () => {
  const greeting = open().raw.sent[0]![0];
  const property = fc.property(
    fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }),
    fc.boolean(),
    (packets, greeted) => {
      let ended = 0;
      let sequence = 0;
      const client = new ClientHandshake(clientOptions, {
        send: (_payload, sent) => {
          sequence = sent + 1;
        },
        startTls: () => {},
        done: () => {
          ended += 1;
        },
        fail: (error) => {
          expect(typeof error.errno).toBe('number');
          ended += 1;
        },
      });
      if (greeted) client.push(greeting, 0);
      for (const payload of packets) client.push(Buffer.from(payload), sequence);
      expect(ended).toBeLessThanOrEqual(1);
    },
  );
  fc.assert(property, { numRuns: 3000 });
});
