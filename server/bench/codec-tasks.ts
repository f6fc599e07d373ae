/** The client protocol's hot records: what a server reads and writes for each operation. */
import { NO_SESSION } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { JuteReader, JuteWriter } from "../wire/jute.ts";
import { OpCode } from "../wire/opcodes.ts";
import { beginReply, encodeData, encodeStat, type Stat } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import { decodeRequest, decodeRequestHeader, encodeRequest } from "../wire/requests.ts";
import type { MicroTask } from "./micro-task.ts";

const PATH = "/load/max-throughput/z123";
const DATA = Buffer.alloc(1024, "x");
const LENGTH_BYTES = 4;
const ZXID = 0x1_0000_0042 as Zxid;
const STAT: Stat = {
  czxid: ZXID,
  mzxid: ZXID,
  pzxid: ZXID,
  ctime: 1_700_000_000_000,
  mtime: 1_700_000_000_000,
  version: 1,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: NO_SESSION,
  dataLength: DATA.length,
  numChildren: 0,
};

const GET_DATA: Request = { type: "getData", path: PATH, watch: false };
const SET_DATA: Request = { type: "setData", path: PATH, data: DATA, version: -1 };

/** Throws when a task does not do what its name says. */
export function codecTasks(): MicroTask[] {
  const writer = new JuteWriter();
  return [
    decodeTask("decode a getData request", GET_DATA, OpCode.getData),
    decodeTask("decode a setData request of 1 KiB", SET_DATA, OpCode.setData),
    {
      name: "encode a setData request of 1 KiB",
      run() {
        writer.reset();
        encodeRequest(writer, 1, SET_DATA);
      },
    },
    {
      name: "encode a getData reply of 1 KiB",
      run() {
        writer.reset();
        const frame = beginReply(writer, 1, ZXID, 0);
        encodeData(writer, DATA, STAT);
        writer.endFrame(frame);
      },
    },
    {
      name: "encode a setData reply",
      run() {
        writer.reset();
        const frame = beginReply(writer, 1, ZXID, 0);
        encodeStat(writer, STAT);
        writer.endFrame(frame);
      },
    },
  ];
}

function decodeTask(name: string, request: Request, opcode: number): MicroTask {
  const writer = new JuteWriter();
  encodeRequest(writer, 1, request);
  const frame = writer.take();
  const reader = new JuteReader(frame);
  return {
    name,
    run() {
      reader.reset(frame, LENGTH_BYTES, frame.length);
      const { type } = decodeRequestHeader(reader);
      if (type !== opcode || decodeRequest(reader, type) === null) throw new Error("not decoded");
    },
  };
}
