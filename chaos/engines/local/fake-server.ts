/**
 * Stands in for a server in the tests of the local engine: `node fake-server.ts zoo.cfg
 * --exit-with-parent`. It reads the same file, opens links the same way (from the higher id to the
 * lower), and has the same admin port. On every link both ends send their ids all the time; status says
 * in its config how often each peer was heard (`heard.N`). It serves once every peer was heard. A client
 * is told `server N`, and may send `crash`.
 */
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import type { Log } from "../../../server/env.ts";
import { loadZooCfg } from "../../../server/zoo-cfg.ts";
import { startAdminServer } from "../../../server/http/admin.ts";
import type { ServerGauges, ServerStatus, ServerView } from "../../../server/http/view.ts";
import { ServerStats } from "../../../server/stats.ts";

const BEAT_MS = 5;
const RECONNECT_MS = 10;

const config = loadZooCfg(process.argv[2] as string);
const own = config.serverId;
const { members } = config.ensemble;
const peers = members
  .filter((peer) => peer.id !== own)
  .map(({ id, link }) => ({ id, address: config.linkVia.get(id) ?? link }));
const leader = Math.max(...members.map((peer) => peer.id));
const heard = new Map<number, number>(peers.map((peer) => [peer.id, 0]));

function say(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: "info", server: own, msg: message })}\n`);
}

function useLink(socket: Socket): void {
  const beat = setInterval(() => socket.write(`${own}\n`), BEAT_MS);
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    for (const line of text.split("\n").filter((each) => each !== "")) {
      heard.set(Number(line), (heard.get(Number(line)) ?? 0) + 1);
    }
  });
  socket.on("error", (error) => say(`link: ${error.message}`));
  socket.on("close", () => clearInterval(beat));
}

function openLink(host: string, port: number): void {
  const socket = connect(port, host);
  useLink(socket);
  socket.on("close", () => setTimeout(() => openLink(host, port), RECONNECT_MS));
}

const view: ServerView = {
  stats: new ServerStats(),
  status(): ServerStatus {
    return {
      server: own,
      state: own === leader ? "LEADING" : "FOLLOWING",
      part: "participant",
      epoch: 1,
      leader,
      appliedZxid: 0,
      committedZxid: 0,
      loggedZxid: 0,
      serving: [...heard.values()].every((times) => times > 0),
      clientAddress: null,
      ensemble: { version: 0, voters: members.map((peer) => peer.id), observers: [] },
      elections: [],
      recovery: { lastZxid: 0, notes: [] },
      config: {
        tickTime: config.tickMs,
        ...Object.fromEntries([...heard].map(([id, times]) => [`heard.${id}`, times])),
      },
    };
  },
  gauges: () => ({}) as ServerGauges,
  finalState: () => ({
    server: own,
    appliedZxid: 0,
    treeDigest: "",
    ephemerals: {},
    sessions: [],
  }),
  hotZnodes: () => [],
};

process.on("SIGTERM", () => {
  say("clean end");
  process.exit(0);
});
process.stdin.on("end", () => process.exit(0)).resume();

for (const { id, address } of peers) if (id < own) openLink(address.host, address.port);
if (config.linkListenAddress !== null) {
  createServer(useLink).listen(config.linkListenAddress.port, config.linkListenAddress.host);
}
createServer((socket) => {
  socket.on("error", (error) => say(`client: ${error.message}`));
  socket.write(`server ${own}\n`);
  socket.on("data", (data) => {
    if (data.toString() !== "crash") return;
    say("the disk is on fire");
    process.exit(7);
  });
}).listen(config.clientAddress?.port, config.clientAddress?.host);
const sayOnly: Log["info"] = (_fields, message) => say(message);
const log: Log = { debug: sayOnly, info: sayOnly, warn: sayOnly, error: sayOnly };
await startAdminServer(view, config.adminAddress, log);
say("listening");
