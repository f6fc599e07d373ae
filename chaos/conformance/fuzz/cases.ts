/**
 * What a stranger may do to the client port, drawn from a seed: well-formed conversations, conversations
 * with bytes changed, cut or added, and plain noise; and how each of them ends.
 */
import type { SeededRandom } from "../../../loadgen/seeded-random.ts";
import { connectFrame, requestFrame } from "../../../server/testing/raw-client.ts";
import { drawSteps } from "../differential/steps.ts";

export interface FuzzCase {
  readonly kind: FuzzKind;
  /** Sent one after the other; those behind the first when what came before was taken by the socket. */
  readonly chunks: readonly Buffer[];
  readonly ending: Ending;
  /** Nothing that the server answers is read. */
  readonly deaf: boolean;
}

export type FuzzKind = (typeof KINDS)[number];
const KINDS = [
  "conversation",
  "changed requests",
  "changed bytes",
  "changed connect",
  "cut",
  "noise",
  "length",
  "count",
  "flood",
  "four letters",
] as const;

/**
 * `ping`: asks for a sign of life, which must come, or the connection must end (only where the frames are
 * whole: else the ping may be a part of another one); `finish`: says that
 * nothing more comes, and the connection must end; `reset`: is gone at once; `leave`: stays silent, and is
 * gone some cases later.
 */
export type Ending = "ping" | "finish" | "reset" | "leave";
const ENDINGS: readonly Ending[] = ["ping", "ping", "finish", "finish", "reset", "leave"];
const WHOLE_FRAMES: ReadonlySet<FuzzKind> = new Set(["conversation", "changed requests", "flood"]);

const FLOOD_REQUESTS = 3_000;
const WORDS = ["ruok", "srvr", "stat", "mntr", "cons", "dump", "wchp", "envi", "isro", "abcd"];
const INTERESTING_INTS = [
  0, 1, -1, -2, 4, 127, 0x7fff_ffff, -0x8000_0000, 0xffff, 0xf_ffff, 0x10_0000, 1000, -11, -10, 14,
];

export function drawCase(random: SeededRandom): FuzzCase {
  const kind = KINDS[random.below(KINDS.length)] as FuzzKind;
  const ending = ENDINGS[random.below(ENDINGS.length)] as Ending;
  return {
    kind,
    chunks: drawChunks(kind, random),
    ending: ending === "ping" && !WHOLE_FRAMES.has(kind) ? "finish" : ending,
    deaf: kind === "flood" && random.float() < 0.5,
  };
}

function drawChunks(kind: FuzzKind, random: SeededRandom): Buffer[] {
  switch (kind) {
    case "conversation":
      return [connectFrame(), ...drawFrames(random)];
    case "changed requests":
      return [connectFrame(), ...drawFrames(random).map((frame) => changeRecord(frame, random))];
    case "changed bytes":
      return [connectFrame(), change(Buffer.concat(drawFrames(random)), random)];
    case "changed connect":
      return [change(connectFrame(), random), ...drawFrames(random)];
    case "cut": {
      const whole = Buffer.concat([connectFrame(), ...drawFrames(random)]);
      return [whole.subarray(0, random.below(whole.length))];
    }
    case "noise":
      return [noise(random, 1 + random.below(200)), noise(random, random.below(70_000))];
    case "length": {
      const length = Buffer.alloc(4);
      length.writeInt32BE(interesting(random));
      const connect = random.float() < 0.5 ? [connectFrame()] : [];
      return [...connect, length, noise(random, random.below(100))];
    }
    case "count":
      return [connectFrame(), overcount(random)];
    case "flood": {
      const frame = requestFrame(1, { type: "getData", path: "/zookeeper/config", watch: true });
      return [connectFrame(), Buffer.concat(Array.from({ length: FLOOD_REQUESTS }, () => frame))];
    }
    case "four letters": {
      const word = Buffer.from(WORDS[random.below(WORDS.length)] as string);
      return [random.float() < 0.5 ? word : Buffer.concat([word, noise(random, random.below(50))])];
    }
  }
}

function drawFrames(random: SeededRandom): Buffer[] {
  const steps = drawSteps(random, { clients: 1, steps: 1 + random.below(6) });
  return steps
    .flatMap((step) => (step.type === "requests" ? step.requests : []))
    .map((request, index) => requestFrame(index + 1, request));
}

/** The frame is as long as it says; what is in it is not what it was. */
function changeRecord(frame: Buffer, random: SeededRandom): Buffer {
  const record = change(frame.subarray(4), random);
  const length = Buffer.alloc(4);
  length.writeInt32BE(record.length);
  return Buffer.concat([length, record]);
}

function change(bytes: Buffer, random: SeededRandom): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(changed.length + 1);
    switch (random.below(4)) {
      case 0:
        if (at < changed.length) changed.writeUInt8(random.below(256), at);
        break;
      case 1:
        if (at + 4 <= changed.length) changed.writeInt32BE(interesting(random), at);
        break;
      case 2:
        changed = changed.subarray(0, at);
        break;
      default:
        changed = Buffer.concat([
          changed.subarray(0, at),
          noise(random, random.below(20)),
          changed.subarray(at),
        ]);
    }
  }
  return changed;
}

/** A request with a vector that claims more than there is, or very many parts. */
function overcount(random: SeededRandom): Buffer {
  const opcode = [14, 22, 101, 105, 1, 7][random.below(6)] as number;
  const head = Buffer.alloc(8);
  head.writeInt32BE(1, 0);
  head.writeInt32BE(opcode, 4);
  const count = Buffer.alloc(4);
  count.writeInt32BE(interesting(random));
  const parts =
    random.float() < 0.5
      ? Buffer.alloc(9 * random.below(50_000), Buffer.from("0000000d00ffffffff", "hex"))
      : noise(random, 40);
  const path = Buffer.from("000000022f61", "hex");
  const body = Buffer.concat([head, random.float() < 0.5 ? path : Buffer.alloc(8), count, parts]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function interesting(random: SeededRandom): number {
  return INTERESTING_INTS[random.below(INTERESTING_INTS.length)] as number;
}

function noise(random: SeededRandom, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = random.below(256);
  return bytes;
}
