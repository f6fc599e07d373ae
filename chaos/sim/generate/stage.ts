/** Where a plan is put together: what has been drawn so far, and what everybody draws with. */
import type { SimFault, SimFaultKind, SimOp, SimRequest } from "../plan.ts";
import type { Draw } from "./draw.ts";
import type { KeySpace } from "./key-space.ts";
import { setData } from "./requests.ts";
import type { Setting } from "./setting.ts";

export class Stage {
  readonly draw: Draw;
  readonly setting: Setting;
  readonly keys: KeySpace;
  readonly ops: SimOp[] = [];
  readonly faults: SimFault[] = [];

  constructor(draw: Draw, setting: Setting, keys: KeySpace) {
    this.draw = draw;
    this.setting = setting;
    this.keys = keys;
  }

  get tickMs(): number {
    return this.setting.tickMs;
  }

  op(client: number, atMs: number, request: SimRequest): void {
    this.ops.push({ client, atMs: Math.round(atMs * 10) / 10, request });
  }

  /** As `op`, by the client object whose session another one has taken over, if it is still there. */
  opByFormer(client: number, atMs: number, request: SimRequest): void {
    this.ops.push({ client, atMs: Math.round(atMs * 10) / 10, request, byFormer: true });
  }

  fault(atMs: number, holdMs: number, kind: SimFaultKind): void {
    const times = { atMs: Math.round(atMs), holdMs: Math.max(1, Math.round(holdMs)) };
    this.faults.push({ ...times, ...kind });
  }

  /** One of the clients that ask for what the plan says. */
  client(): number {
    return this.draw.pick(this.setting.clients);
  }

  voter(): number {
    return this.draw.pick(this.setting.voters);
  }

  /** So many writes to hot znodes, by all clients, some of them at once. */
  writes(fromMs: number, toMs: number, count: number): void {
    for (let left = count; left > 0; left--) {
      this.op(this.client(), this.draw.between(fromMs, toMs), setData(this.draw, this.keys));
    }
  }

  /** So many ticks, somewhere in the range, ms. */
  ticks(min: number, max: number): number {
    return this.draw.between(min, max) * this.tickMs;
  }
}
