import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import { drawCase, type FuzzCase } from "./cases.ts";
import { play } from "./stranger.ts";

/** Short: the silent server is silent for as long as it takes. */
const PATIENCE_MS = 200;
const PONG = Buffer.from("00000010fffffffe000000000000000000000000", "hex");

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A port whose connections are handed to `talk`. */
function listen(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    talk(socket);
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function fuzzCase(ending: FuzzCase["ending"]): FuzzCase {
  return { kind: "conversation", chunks: [Buffer.from("hello")], ending, deaf: false };
}

test("a server that says nothing hangs, whether it was asked for a ping or told the end", async () => {
  const port = await listen((socket) => socket.resume());
  expect((await play(port, fuzzCase("ping"), PATIENCE_MS)).end).toBe("hung");
  expect((await play(port, fuzzCase("finish"), PATIENCE_MS)).end).toBe("hung");
});

test("a server that answers something else than the ping hangs", async () => {
  const other = Buffer.from(PONG);
  other.writeInt32BE(7, 4);
  const port = await listen((socket) => void socket.on("data", () => socket.write(other)));
  expect((await play(port, fuzzCase("ping"), PATIENCE_MS)).end).toBe("hung");
});

test("a server that answers the ping, or closes, does what it must", async () => {
  const answering = await listen((socket) => void socket.on("data", () => socket.write(PONG)));
  expect((await play(answering, fuzzCase("ping"), 30_000)).end).toBe("answered");
  const closing = await listen((socket) => void socket.on("data", () => socket.destroy()));
  expect((await play(closing, fuzzCase("ping"), 30_000)).end).toBe("closed");
  expect((await play(closing, fuzzCase("finish"), 30_000)).end).toBe("closed");
});

test("a port that nobody listens at refuses", async () => {
  const port = await listen(() => undefined);
  await new Promise((done) => servers.splice(0)[0]?.close(done));
  expect((await play(port, fuzzCase("ping"), 30_000)).end).toBe("refused");
});

test("the same seed and number draw the same case, another number another", () => {
  const draw = (number: number): string =>
    JSON.stringify(drawCase(new SeededRandom(7).fork(`case ${number}`)));
  expect(draw(1)).toBe(draw(1));
  expect(new Set(Array.from({ length: 50 }, (_, number) => draw(number))).size).toBeGreaterThan(45);
});
