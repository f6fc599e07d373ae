/**
 * Test support: one operation of a story, from its request to its end.
 */
import type { OpName, OpRecord, ServerTxn } from "../../results/history.ts";
import type { Story } from "./story.ts";

export class StoryOp {
  readonly #story: Story;
  readonly #op: OpRecord;
  #logged = true;

  constructor(story: Story, op: Partial<OpRecord> & Pick<OpRecord, "client" | "op" | "path">) {
    this.#story = story;
    const id = story.records.length + 1;
    const times = { intendedMs: id, invokeMs: id, completeMs: id };
    const reply = { outcome: "ok", code: 0, zxid: -1 } as const;
    const who = { session: "0x0", server: 1, workload: "story", xid: id };
    this.#op = { kind: "op", id, ...times, ...reply, ...who, ...op };
  }

  at(invokeMs: number, completeMs: number): this {
    return this.with({ intendedMs: invokeMs, invokeMs, completeMs });
  }

  with(fields: Partial<OpRecord>): this {
    Object.assign(this.#op, fields);
    return this;
  }

  /** The log does not get this write, whatever its reply. */
  unlogged(): this {
    this.#logged = false;
    return this;
  }

  ok(zxid: number, shown: Partial<OpRecord> = {}): Story {
    this.with({ outcome: "ok", zxid, ...shown });
    return this.#end(zxid);
  }

  /** Refused, definitely: as an error transaction if it was a write. */
  fails(code: number, zxid: number): Story {
    this.with({ outcome: "fail", code, zxid });
    if (this.#logged && typeOf(this.#op.op) !== null) {
      const { session, xid: cxid } = this.#op;
      this.#story.logged({ zxid, type: "error", code, session, cxid });
    }
    this.#story.records.push(this.#op);
    return this.#story;
  }

  /** No reply came, because the connection broke by default; applied at the zxid, if one is given. */
  lost(zxid: number | null = null, code = -4): Story {
    this.with({ outcome: "info", code, zxid: -1 });
    return this.#end(zxid);
  }

  #end(zxid: number | null): Story {
    const type = typeOf(this.#op.op);
    this.#story.records.push(this.#op);
    if (zxid === null || type === null || !this.#logged) return this.#story;
    const { session, xid: cxid, value, flags = 0 } = this.#op;
    const path = type === "closeSession" ? "" : (this.#op.created ?? this.#op.path);
    this.#story.logged({
      zxid,
      type,
      session,
      cxid,
      path,
      ...(value === undefined ? {} : { value }),
      ...(type === "create" ? { ephemeralOwner: flags & 1 ? session : "0x0", version: 0 } : {}),
    });
    return this.#story;
  }
}

function typeOf(op: OpName): ServerTxn["type"] | null {
  if (op === "create" || op === "delete" || op === "setData") return op;
  return op === "close" ? "closeSession" : null;
}
