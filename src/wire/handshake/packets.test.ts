import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import {
  buildAuthMoreData,
  buildAuthSwitchRequest,
  parseAuthMoreData,
  parseAuthSwitchRequest,
} from './auth-packets.ts';
import { buildChangeUser, parseChangeUser } from './change-user.ts';
import { buildGreeting, parseGreeting } from './greeting.ts';
import {
  buildHandshakeResponse,
  buildSslRequest,
  isSslRequest,
  parseHandshakeResponse,
  parseSslRequest,
} from './handshake-response.ts';

const all = 0xffff_ffff;
const nonce = fc
  .array(fc.integer({ min: 1, max: 127 }), { minLength: 20, maxLength: 20 })
  .map((values) => Buffer.from(values));
const withoutNul = (maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength }).map((values) => Buffer.from(values));
const name = fc.constantFrom('mysql_native_password', 'caching_sha2_password', 'x');
const attributes = fc
  .array(fc.tuple(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'binary' })), {
    maxLength: 5,
  })
  .map((pairs) => new Map(pairs));
const capabilities = fc.nat(all).map((flags) => (flags | capability.protocol41) >>> 0);
const uint32 = fc.nat(all);

test("a real server's greeting", () => {
  const hex =
    '0a392e372e342d32000d0000004373427a7e237f4700ffffff0200ffdf15000000000000000000003820153c1d196c3969771b25' +
    '0063616368696e675f736861325f70617373776f726400';
  const greeting = parseGreeting(Buffer.from(hex, 'hex'));
  expect(greeting).toEqual({
    serverVersion: '9.7.4-2',
    threadId: 13,
    nonce: Buffer.from('4373427a7e237f473820153c1d196c3969771b25', 'hex'),
    capabilities: 0xdfff_ffff,
    collationId: 255,
    statusFlags: 2,
    plugin: 'caching_sha2_password',
  });
  expect(buildGreeting(greeting).toString('hex')).toBe(hex);
});

test('greetings survive building and parsing', () => {
  const greetings = fc.record({
    serverVersion: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    threadId: uint32,
    nonce,
    capabilities,
    collationId: fc.nat(255),
    statusFlags: fc.nat(0xffff),
    plugin: name,
  });
  fc.assert(
    fc.property(greetings, (greeting) => {
      const plugin = (greeting.capabilities & capability.pluginAuth) === 0 ? undefined : greeting.plugin;
      expect(parseGreeting(buildGreeting(greeting))).toEqual({ ...greeting, plugin });
    }),
  );
});

const responses = fc.record({
  capabilities,
  packetBytesMax: uint32,
  collationId: fc.nat(255),
  userName: withoutNul(40),
  token: withoutNul(250),
  database: withoutNul(80),
  plugin: name,
  attributes,
  zstdLevel: fc.nat(255),
});

test('handshake responses survive building and parsing, whatever the flags', () => {
  fc.assert(
    fc.property(responses, (response) => {
      const has = (flag: number): boolean => (response.capabilities & flag) !== 0;
      const parsed = parseHandshakeResponse(buildHandshakeResponse(response), all);
      expect(parsed).toEqual({
        ...response,
        database: has(capability.connectWithDb) ? response.database : undefined,
        plugin: has(capability.pluginAuth) ? response.plugin : undefined,
        attributes: has(capability.connectAttrs) ? response.attributes : new Map(),
        zstdLevel: has(capability.zstdCompression) ? response.zstdLevel : undefined,
      });
    }),
  );
});

test('fields of flags that were not offered are not looked for', () => {
  const offered = capability.protocol41 | capability.secureConnection;
  const response = parseHandshakeResponse(
    Buffer.concat([
      buildSslRequest({ capabilities: all, packetBytesMax: 1, collationId: 45 }),
      Buffer.from('u\0\x02ab'),
    ]),
    offered,
  );
  expect(response).toMatchObject({
    userName: Buffer.from('u'),
    token: Buffer.from('ab'),
    database: undefined,
  });
});

test('a request for TLS', () => {
  const head = {
    capabilities: (capability.protocol41 | capability.ssl) >>> 0,
    packetBytesMax: 5,
    collationId: 33,
  };
  expect(isSslRequest(buildSslRequest(head))).toBe(true);
  expect(parseSslRequest(buildSslRequest(head))).toEqual(head);
  expect(() => parseSslRequest(Buffer.alloc(33))).toThrow(HeadgateError);
  expect(() => parseSslRequest(Buffer.alloc(31))).toThrow(HeadgateError);
  expect(isSslRequest(Buffer.alloc(32))).toBe(false);
});

test('COM_CHANGE_USER survives building and parsing', () => {
  const requests = fc.record({
    userName: withoutNul(40),
    token: withoutNul(250),
    database: withoutNul(80),
    collationId: fc.nat(0xffff),
    plugin: name,
    attributes,
  });
  fc.assert(
    fc.property(requests, capabilities, (request, flags) => {
      const has = (flag: number): boolean => (flags & flag) !== 0;
      const withPlugin = has(capability.pluginAuth);
      expect(parseChangeUser(buildChangeUser(request, flags), flags)).toEqual({
        ...request,
        plugin: withPlugin ? request.plugin : undefined,
        attributes: withPlugin && has(capability.connectAttrs) ? request.attributes : new Map(),
      });
    }),
  );
});

test('the small packets of the dialogue', () => {
  const request = { plugin: 'mysql_native_password', nonce: Buffer.from('abcdefghijklmnopqrst') };
  const payload = buildAuthSwitchRequest(request);
  expect(payload.toString('latin1')).toBe('\xfemysql_native_password\0abcdefghijklmnopqrst\0');
  expect(parseAuthSwitchRequest(payload)).toEqual(request);
  expect(() => parseAuthSwitchRequest(Buffer.from([0xfe]))).toThrow(/before 4\.1/);
  expect(() => parseAuthSwitchRequest(Buffer.from('\xfename', 'latin1'))).toThrow(/no end/);
  expect(buildAuthMoreData(4)).toEqual(Buffer.from([1, 4]));
  expect(parseAuthMoreData(buildAuthMoreData(Buffer.from('key')))).toEqual(Buffer.from('key'));
});

/** The packet sits in the middle of other bytes, as in a read buffer: reading on would find those. */
const inMemory = (payload: Buffer): Buffer => {
  const memory = Buffer.alloc(payload.length + 64, 0x41);
  payload.copy(memory, 32);
  return memory.subarray(32, 32 + payload.length);
};

const outcome = (read: () => unknown): string => {
  try {
    return JSON.stringify(read(), (_key, value) => (value instanceof Map ? [...value] : value));
  } catch (error) {
    if (error instanceof HeadgateError) return error.message;
    throw error;
  }
};

test('cut and changed packets are read or refused, alike wherever they lie, and never throw anything else', () => {
  const parsers: ((payload: Buffer) => unknown)[] = [
    parseGreeting,
    parseAuthSwitchRequest,
    parseSslRequest,
    (payload) => parseHandshakeResponse(payload, all),
    (payload) => parseHandshakeResponse(payload, all & ~capability.pluginAuthLenencClientData),
    (payload) => parseChangeUser(payload, all),
    (payload) => parseChangeUser(payload, capability.protocol41),
  ];
  const property = fc.property(
    responses,
    fc.nat(),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(parsers.length - 1),
    (response, cut, changes, which) => {
      const built = buildHandshakeResponse(response);
      const payload = Buffer.from(built.subarray(0, cut % (built.length + 1)));
      for (const [at, value] of changes) if (payload.length > 0) payload[at % payload.length] = value;
      const parse = parsers[which]!;
      expect(outcome(() => parse(inMemory(payload)))).toBe(outcome(() => parse(Buffer.from(payload))));
    },
  );
  fc.assert(property, { numRuns: 5000 });
});
