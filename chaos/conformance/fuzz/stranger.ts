/** Plays one fuzz case on a connection of its own. */
import { connect, type Socket } from "node:net";
import { requestFrame } from "../../../server/testing/raw-client.ts";
import { FrameSplitter } from "../../../server/wire/frames.ts";
import { Xid } from "../../../server/wire/opcodes.ts";
import type { FuzzCase } from "./cases.ts";

const FRAME_MAX_BYTES = 64 * 1024 * 1024;
const PING = requestFrame(Xid.ping, { type: "ping" });

/** What came of a case: the server did what it must, or did nothing until the patience was over. */
export type CaseEnd = "answered" | "closed" | "left" | "hung" | "refused";

export interface Played {
  readonly end: CaseEnd;
  /** Of an ending `leave`: to be destroyed later. */
  readonly socket: Socket | null;
}

export async function play(port: number, what: FuzzCase, patienceMs: number): Promise<Played> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  // A reset is one of the ways in which a server may end it: `close` tells that it did.
  socket.on("error", () => undefined);
  // Half open only for our own end: when the server's has come, this is over.
  socket.once("end", () => socket.destroy());
  const closed = happens(socket, "close");
  const answered = what.ending === "ping" ? pong(socket) : null;
  if (what.deaf) socket.pause();
  else socket.resume();
  await Promise.race([happens(socket, "connect"), closed]);
  if (socket.destroyed) return { end: "refused", socket: null };
  for (const chunk of what.chunks) {
    if (chunk.length === 0 || socket.destroyed) continue;
    if (!socket.write(chunk))
      await Promise.race([happens(socket, "drain"), closed, after(patienceMs)]);
  }
  return end(socket, what, { closed, answered }, patienceMs);
}

async function end(
  socket: Socket,
  what: FuzzCase,
  { closed, answered }: { closed: Promise<void>; answered: Promise<"answered"> | null },
  patienceMs: number,
): Promise<Played> {
  switch (what.ending) {
    case "leave":
      return { end: "left", socket };
    case "reset":
      socket.resetAndDestroy();
      await closed;
      return { end: "closed", socket: null };
    case "ping":
      socket.resume();
      socket.write(PING);
      return decided(socket, closed, answered, patienceMs);
    case "finish":
      socket.resume();
      // Half closed: the server has all that ever comes.
      socket.end();
      return decided(socket, closed, null, patienceMs);
  }
}

/** Unlike `once` of node:events it does not end with an error: that is no news here. */
function happens(socket: Socket, event: "connect" | "drain" | "close"): Promise<void> {
  return new Promise((resolve) => {
    socket.once(event, () => resolve());
  });
}

/** Resolves when a reply to a ping has come. */
function pong(socket: Socket): Promise<"answered"> {
  const splitter = new FrameSplitter(FRAME_MAX_BYTES);
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      splitter.push(chunk, (buffer, start) => {
        if (buffer.readInt32BE(start) === Xid.ping) resolve("answered");
        return true;
      });
    });
  });
}

async function decided(
  socket: Socket,
  closed: Promise<void>,
  answered: Promise<"answered"> | null,
  patienceMs: number,
): Promise<Played> {
  const end = await Promise.race([
    ...(answered === null ? [] : [answered]),
    closed.then(() => "closed" as const),
    after(patienceMs).then(() => "hung" as const),
  ]);
  socket.destroy();
  return { end, socket: null };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
