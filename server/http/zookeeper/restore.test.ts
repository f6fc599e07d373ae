/** The README's "Backup and restore", done to an ensemble. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { create, getData, setData, sync } from "../../testing/requests.ts";
import { freePorts } from "../../testing/running-servers.ts";
import { ServerProcess } from "../../testing/server-process.ts";

test("an ensemble goes back to a snapshot that one server gave, and on from there", async () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-restore-"));
  const ports = await freePorts(3);
  const lines = ports.map((port, index) => [`server.${index + 1}`, `127.0.0.1:${port}`]);
  let all: ServerProcess[] = [];
  const start = (id: number): ServerProcess => {
    const keys = { ...Object.fromEntries(lines), myid: `${id}` };
    const server = new ServerProcess(join(directory, `${id}`), keys);
    all.push(server);
    return server;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((server) => server.kill("SIGTERM")));
    all = [];
  };
  try {
    const [first] = [start(1), start(2), start(3)];
    const { client } = await RawClient.open(await first.port());
    await client.call(create("/saved", "kept"));
    const { admin } = JSON.parse(await first.line('"listening"')) as { admin: { port: number } };
    const url = `http://127.0.0.1:${admin.port}/commands/snapshot`;
    const response = await fetch(url, { headers: { Authorization: "ip" } });
    const file = Buffer.from(await response.arrayBuffer());
    const zxid = Number(response.headers.get("last_zxid")).toString(16);
    await client.call(setData("/saved", "regretted"));
    await stop();

    const history = join(first.dataDir, "history-0");
    rmSync(history, { recursive: true });
    mkdirSync(history);
    writeFileSync(join(history, `snapshot.${zxid}`), file);
    for (const id of [2, 3]) rmSync(join(directory, `${id}`), { recursive: true });
    await Promise.all([start(1).port(), start(2).port()]);
    await start(3).port();
    for (const server of all) {
      const { client: reader } = await RawClient.open(await server.port());
      await reader.call(sync("/saved"));
      const { err, body } = await reader.call(getData("/saved"));
      expect([err, body.readBuffer()?.toString()]).toEqual([0, "kept"]);
    }
    const { client: writer } = await RawClient.open(await (all[2] as ServerProcess).port());
    const { err, zxid: later } = await writer.call(setData("/saved", "on"));
    expect([err, later > Number.parseInt(zxid, 16)]).toEqual([0, true]);
  } finally {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
