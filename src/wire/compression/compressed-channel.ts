/**
 * A client's connection that speaks MySQL's compressed protocol, to its owner the same as one that does not. It stands
 * between the owner and the plain channel only where compression was negotiated.
 *
 * What is written until the end of the running callback becomes one frame, or several that end where packets end: there are
 * clients that cannot put a packet together from more. Little is compressed at once; much goes to a worker thread, frame by
 * frame and in order, so that other clients' queries do not wait for it.
 */
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import type { Channel, ChannelHandler, ClientChannel } from '../channel.ts';
import type { Codec } from './codec.ts';
import { buildFrame, type CompressedFrame, FrameReader } from './frame-reader.ts';
import { PacketBorders } from './packet-borders.ts';

/** MySQL compresses nothing shorter (`MIN_COMPRESS_LENGTH`). */
const COMPRESSED_FROM_BYTES = 50;
/** Content of a frame of several packets, before compression. */
const FRAME_BYTES_MAX = 64 * 1024;
/** Up to here compressing costs less than going to another thread; at high levels it never does. */
const COMPRESS_AT_ONCE_BYTES_MAX = 16 * 1024;
const LEVEL_AT_ONCE_MAX = 6;
const EXPAND_AT_ONCE_BYTES_MAX = 64 * 1024;

type Job = Readonly<{ sequence: number; bytes: Buffer }>;

/** The owner's part, with a word for bytes that cannot be understood: the connection is then lost. */
export interface CompressedChannelHandler extends ChannelHandler {
  onMalformed(error: unknown): void;
}

export class CompressedChannel implements ClientChannel, ChannelHandler {
  readonly #channel: Channel;
  readonly #codec: Codec;
  readonly #handler: CompressedChannelHandler;
  readonly #frames: FrameReader;
  /** Arrived, but behind a frame that is being expanded or that the owner has no room for. */
  #held: Buffer | undefined;
  #expanding = false;
  #paused = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Before that there is no packet to make a frame of. */
  #pendingWanted = 0;
  readonly #borders = new PacketBorders();
  #flushScheduled = false;
  readonly #jobs: Job[] = [];
  #compressing = false;
  #jobBytes = 0;
  #ending = false;
  /** Number of the next frame, whichever side sends it. */
  #sequence = 0;
  /** The same for a command that has come before the answer to the one before it was complete. */
  #aheadSequence: number | undefined;
  /** No command has come since the last answer. */
  #idle = true;

  /** Takes the channel over from its handler. `bytesMax` bounds a frame's content, compressed and expanded. */
  constructor(channel: Channel, codec: Codec, bytesMax: number, handler: CompressedChannelHandler) {
    this.#channel = channel;
    this.#codec = codec;
    this.#handler = handler;
    this.#frames = new FrameReader(bytesMax);
    channel.handler = this;
  }

  get bytesRead(): number {
    return this.#channel.bytesRead;
  }

  get bytesWritten(): number {
    return this.#channel.bytesWritten;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  /** Without what waits for the rest of its packet: that does not go out before more is written. */
  get pendingBytes(): number {
    const waiting = this.#pendingBytes < this.#pendingWanted ? 0 : this.#pendingBytes;
    return waiting + this.#jobBytes + this.#channel.pendingBytes;
  }

  /** What is written stays here for a while: small answers are better copied than their whole buffer kept. */
  get ownsBytes(): boolean {
    return true;
  }

  write(bytes: Buffer): boolean {
    if (this.closed || this.#ending) return true;
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes < this.#pendingWanted) {
      this.#pending.push(Buffer.from(bytes));
      return this.pendingBytes === 0;
    }
    this.#pending.push(bytes);
    if (this.#pendingBytes >= FRAME_BYTES_MAX) this.#cut();
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      queueMicrotask(() => {
        this.#flushScheduled = false;
        this.#cut();
      });
    }
    return this.pendingBytes === 0;
  }

  /** Writes are collected anyway. */
  cork(): void {}

  uncork(): void {}

  /** The answer is complete: what comes next is a new command's. */
  commandDone(): void {
    this.#cut();
    this.#sequence = this.#aheadSequence ?? 0;
    this.#idle = this.#aheadSequence === undefined;
    this.#aheadSequence = undefined;
  }

  pause(): void {
    this.#paused = true;
    this.#channel.pause();
  }

  /** What is held follows later, since the owner may still be at work on what it has. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    queueMicrotask(() => this.#release());
  }

  end(): void {
    this.#cut();
    this.#ending = true;
    if (this.#jobs.length === 0) this.#channel.end();
  }

  destroy(error?: Error): void {
    this.#channel.destroy(error);
  }

  onBytes(bytes: Buffer): void {
    if (this.#held === undefined && !this.#expanding && !this.#paused) this.#read(bytes);
    else this.#held = this.#held === undefined ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
  }

  onDrain(): void {
    if (this.#jobs.length === 0) this.#handler.onDrain();
  }

  onClosed(error: Error | undefined): void {
    this.#held = undefined;
    this.#pending = [];
    this.#jobs.length = 0;
    this.#handler.onClosed(error);
  }

  #release(): void {
    const held = this.#held;
    if (this.#paused || this.#expanding || this.closed) return;
    this.#held = undefined;
    if (held !== undefined) this.#read(held);
    if (!this.#paused && !this.#expanding) this.#channel.resume();
  }

  #read(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) {
        at = this.#frames.push(bytes, at);
        const frame = this.#frames.take();
        if (frame !== undefined) this.#received(frame);
        if (this.#ending || this.closed) return;
        if ((this.#paused || this.#expanding) && at < bytes.length) {
          this.#held = Buffer.from(bytes.subarray(at));
          return;
        }
      }
    } catch (error) {
      // The refusal answers the frame, even where that was not understood.
      if (this.#idle) this.#sequence = 1;
      this.#idle = false;
      this.#handler.onMalformed(error);
    }
  }

  #received(frame: CompressedFrame): void {
    this.#checkSequence(frame.sequence);
    const { content, expandedBytes } = frame;
    if (expandedBytes === 0) this.#handler.onBytes(content);
    else if (expandedBytes <= EXPAND_AT_ONCE_BYTES_MAX && content.length <= EXPAND_AT_ONCE_BYTES_MAX) {
      this.#expanded(expandedBytes, this.#expand(content, expandedBytes));
    } else this.#expandLater(Buffer.from(content), expandedBytes);
  }

  #expand(content: Buffer, expandedBytes: number): Buffer {
    try {
      return this.#codec.expand(content, expandedBytes);
    } catch (cause) {
      throw notExpandable(messageOf(cause), cause);
    }
  }

  #expandLater(content: Buffer, expandedBytes: number): void {
    this.#expanding = true;
    this.#channel.pause();
    this.#codec.expandLater(content, expandedBytes, (cause, bytes) => {
      this.#expanding = false;
      if (this.closed || this.#ending) return;
      try {
        if (cause !== null) throw notExpandable(messageOf(cause), cause);
        this.#expanded(expandedBytes, bytes);
      } catch (error) {
        this.#handler.onMalformed(error);
        return;
      }
      this.#release();
    });
  }

  #expanded(expandedBytes: number, bytes: Buffer): void {
    if (bytes.length !== expandedBytes)
      throw notExpandable(`${bytes.length} bytes where its header says ${expandedBytes}`);
    this.#handler.onBytes(bytes);
  }

  /** A frame goes on where the last one ended, or begins a command. The packets inside have numbers that MySQL does not look at. */
  #checkSequence(sequence: number): void {
    const next = (sequence + 1) & 0xff;
    if (sequence === (this.#aheadSequence ?? this.#sequence)) {
      if (this.#aheadSequence === undefined) this.#sequence = next;
      else this.#aheadSequence = next;
    } else if (sequence === 0) this.#aheadSequence = 1;
    else {
      throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
        detail: `expected compressed packet ${this.#aheadSequence ?? this.#sequence}, got ${sequence}`,
      });
    }
    this.#idle = false;
  }

  /** Makes frames of the packets that are pending; their numbers are settled here, whenever they leave. */
  #cut(): void {
    if (this.#pendingBytes === 0 || this.closed) return;
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    const ends = this.#borders.framesOf(bytes, FRAME_BYTES_MAX);
    if (ends.length > 0) {
      // What is said between commands (a timeout, the end of the router) has the number of its packet.
      if (this.#idle) this.#sequence = bytes[3]!;
      this.#idle = false;
    }
    let from = 0;
    for (const end of ends) {
      const part = bytes.subarray(from, end);
      from = end;
      this.#jobs.push({ sequence: this.#sequence, bytes: part });
      this.#jobBytes += part.length;
      this.#sequence = (this.#sequence + 1) & 0xff;
    }
    // The owner is told of nothing that is pending here, and may use its memory again.
    this.#pending = from === bytes.length ? [] : [Buffer.from(bytes.subarray(from))];
    this.#pendingBytes = bytes.length - from;
    this.#pendingWanted = this.#borders.wanted;
    this.#work();
  }

  /** Sends the frames in their order, up to the first that needs a thread of its own. */
  #work(): void {
    const { level } = this.#codec;
    while (!this.#compressing && this.#jobs.length > 0) {
      const { bytes } = this.#jobs[0]!;
      if (bytes.length < COMPRESSED_FROM_BYTES) this.#send(bytes);
      else if (bytes.length <= COMPRESS_AT_ONCE_BYTES_MAX && level <= LEVEL_AT_ONCE_MAX)
        this.#send(this.#codec.compress(bytes));
      else this.#compressLater(bytes);
    }
  }

  #compressLater(bytes: Buffer): void {
    this.#compressing = true;
    this.#codec.compressLater(bytes, (error, compressed) => {
      this.#compressing = false;
      if (this.closed) return;
      if (error !== null) {
        this.#channel.destroy(error);
        return;
      }
      const wentOut = this.#send(compressed);
      this.#work();
      if (this.#jobs.length > 0) return;
      if (this.#ending) this.#channel.end();
      else if (wentOut) this.#handler.onDrain();
    });
  }

  /** Sends the first job's frame: as it is where compression did not make it shorter. */
  #send(compressed: Buffer): boolean {
    const { sequence, bytes } = this.#jobs.shift()!;
    this.#jobBytes -= bytes.length;
    const shorter = compressed.length < bytes.length;
    return this.#channel.write(
      buildFrame({
        sequence,
        expandedBytes: shorter ? bytes.length : 0,
        content: shorter ? compressed : bytes,
      }),
    );
  }
}

const notExpandable = (detail: string, cause?: unknown): HeadgateError =>
  new HeadgateError('ER_NET_UNCOMPRESS_ERROR', { detail, cause });
