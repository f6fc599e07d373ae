import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { PortInUseError, reserveGivenPorts, reservePorts } from "./ports.ts";

test("reserved ports are all different, and nobody else gets them until they are released", async () => {
  const reservation = await reservePorts(20);
  expect(new Set(reservation.ports).size).toBe(20);
  expect(Math.max(...reservation.ports)).toBeLessThan(32_768);
  const port = reservation.ports[7] as number;
  await expect(reserveGivenPorts([port])).rejects.toThrow(PortInUseError);
  await reservation.release();
  await reservation.release();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
});

test("one given port in use frees the others, and is named", async () => {
  const [held, free] = [await reservePorts(1), await reservePorts(1)];
  await free.release();
  const ports = [free.ports[0] as number, held.ports[0] as number];
  await expect(reserveGivenPorts(ports)).rejects.toThrow(`client port ${ports[1]} is in use`);
  const again = await reserveGivenPorts([ports[0] as number]);
  await again.release();
  await held.release();
});
