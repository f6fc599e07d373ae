/**
 * Validation of a plan that comes from a file. The types stay those of ../plan.ts; the compiler says
 * when the two part.
 */
import { z } from "zod";
import type { SimAgent, SimFault, SimMultiPart, SimOp, SimPlan, SimRequest } from "../plan.ts";

const ms = z.number().min(0);
const index = z.int().min(0);
const clientNumber = z.int().min(1);
const serverNumber = z.int().min(1).max(255);
const destination = z.union([serverNumber, z.enum(["aimed", "leader"])]);
const version = z.union([z.literal(-1), z.literal("seen"), z.literal("wrong")]);
const path = z.string();

const createFields = { type: z.literal("create"), path, flags: z.int(), valueBytes: index };
const deleteFields = { type: z.literal("delete"), path, version };
const setDataFields = { type: z.literal("setData"), path, version, valueBytes: index };

const multiPartSchema = z.discriminatedUnion("type", [
  z.strictObject(createFields),
  z.strictObject(deleteFields),
  z.strictObject(setDataFields),
  z.strictObject({ type: z.literal("check"), path, version }),
]) satisfies z.ZodType<SimMultiPart>;

const requestSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...createFields, ttlMs: ms.exactOptional() }),
  z.strictObject(deleteFields),
  z.strictObject(setDataFields),
  z.strictObject({
    type: z.enum(["getData", "exists", "getChildren"]),
    path,
    watch: z.boolean(),
  }),
  z.strictObject({ type: z.literal("sync"), path }),
  z.strictObject({ type: z.literal("multi"), parts: z.array(multiPartSchema) }),
  z.strictObject({
    type: z.literal("setACL"),
    path,
    perms: z.int(),
    version: version.exactOptional(),
  }),
  z.strictObject({ type: z.literal("getACL"), path }),
  z.strictObject({
    type: z.literal("addWatch"),
    path,
    mode: z.enum(["persistent", "recursive"]),
  }),
  z.strictObject({
    type: z.literal("removeWatches"),
    path,
    kind: z.enum(["data", "children", "any", "persistent", "recursive"]),
  }),
  z.strictObject({ type: z.literal("deleteOwn") }),
  z.strictObject({ type: z.enum(["move", "takeOver"]), server: destination }),
  z.strictObject({ type: z.literal("close") }),
  z.strictObject({ type: z.literal("abandon"), silently: z.boolean().exactOptional() }),
]) satisfies z.ZodType<SimRequest>;

const opSchema = z.strictObject({
  client: clientNumber,
  atMs: ms,
  request: requestSchema,
  byFormer: z.literal(true).exactOptional(),
}) satisfies z.ZodType<SimOp>;

const agentSchema = z.strictObject({
  client: clientNumber,
  recipe: z.enum(["lock", "election"]),
  resource: z.string(),
  holdMs: ms,
  restMs: ms,
  stallMs: ms.exactOptional(),
}) satisfies z.ZodType<SimAgent>;

const target = z.union([
  serverNumber,
  z.enum(["leader", "follower", "observer", "aimed", "others"]),
]);
const when = { atMs: ms, holdMs: ms };
const aimed = { ...when, target };

const step = z.enum(["create", "write", "cut", "sync", "rename", "remove", "syncDirectory"]);

const faultSchema = z.discriminatedUnion("type", [
  z.strictObject({
    ...aimed,
    type: z.enum([
      "kill",
      "power-cut",
      "pause",
      "bridge",
      "reset",
      "cut-clients",
      "disk-full",
      "bit-rot",
    ]),
  }),
  z.strictObject({
    ...when,
    type: z.enum(["kill-all", "power-cut-all", "rolling-restart", "ring", "no-quorum"]),
  }),
  z.strictObject({
    ...aimed,
    type: z.literal("partition"),
    company: z.int().min(0).exactOptional(),
  }),
  z.strictObject({ ...when, type: z.literal("halves"), groups: z.array(z.array(serverNumber)) }),
  z.strictObject({ ...aimed, type: z.literal("one-way"), direction: z.enum(["out", "in"]) }),
  z.strictObject({ ...aimed, type: z.literal("delay"), delayMs: ms }),
  z.strictObject({ ...aimed, type: z.literal("slow-disk"), stepMs: ms }),
  z.strictObject({
    ...aimed,
    type: z.literal("crash-point"),
    step: z.union([step, z.literal("any")]),
    nth: z.int().min(0),
  }),
  z.strictObject({
    ...aimed,
    type: z.literal("fsync-fails"),
    step: step.exactOptional(),
    nth: z.int().min(1).exactOptional(),
  }),
  z.strictObject({ ...aimed, type: z.literal("clock-jump"), byMs: z.number() }),
  z.strictObject({ ...aimed, type: z.literal("clock-skew"), ppm: z.number() }),
  z.strictObject({
    ...when,
    type: z.literal("reconfig"),
    leaving: z.array(serverNumber),
    joining: z.array(serverNumber),
  }),
]) satisfies z.ZodType<SimFault>;

const range = z.tuple([z.number().min(0), z.number().min(0)]);

export const planSchema = z.strictObject({
  format: z.literal(1),
  seed: z.number(),
  servers: z.union([z.literal(3), z.literal(5), z.literal(7)]),
  observers: index,
  sampleMs: ms,
  spares: index,
  config: z.record(z.string(), z.string()),
  latencyMs: range,
  turnMs: ms,
  splitPercent: z.number().min(0).max(100).exactOptional(),
  linkSecret: z.literal(true).exactOptional(),
  diskStepMs: range,
  opTimeoutMs: ms.exactOptional(),
  ending: z.enum(["kill-all", "power-cut-all"]).exactOptional(),
  logFileMaxBytes: z.number().min(1),
  sessionTimeoutsMs: z.array(ms),
  ops: z.array(opSchema),
  agents: z.array(agentSchema),
  faults: z.array(faultSchema),
  safetyMs: ms,
  livenessMs: ms,
}) satisfies z.ZodType<SimPlan>;
