/** The ensembles that suites run against, all with the same settings. */
import { createHash } from "node:crypto";
import type { Env } from "../../server/env.ts";
import { ReferenceTarget } from "../../loadgen/targets/reference.ts";
import type { Target } from "../../loadgen/targets/target.ts";
import {
  findZooKeeper,
  findZooKeeper39,
  ZooKeeperTarget,
  type Installation,
} from "../../loadgen/targets/zookeeper.ts";
import { SUPER_CREDENTIALS } from "./suite.ts";

export const TARGET_NAMES = ["reference", "zookeeper-3.8", "zookeeper-3.9"] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** Keys of zoo.cfg in both. */
const SETTINGS = [
  "tickTime=500",
  "initLimit=20",
  "syncLimit=10",
  "maxClientCnxns=0",
  "4lw.commands.whitelist=*",
  "reconfigEnabled=true",
  "standaloneEnabled=false",
];

/** Keys of zoo.cfg in ours, which are system properties in ZooKeeper; without `zookeeper.` there. */
const PROPERTIES = {
  "zookeeper.DigestAuthenticationProvider.superDigest": superDigest(),
  "zookeeper.extendedTypesEnabled": "true",
  "zookeeper.enforceQuota": "true",
  "znode.container.checkIntervalMs": "500",
  "readonlymode.enabled": "true",
} as const;

/** A Java machine that starts fast and leaves the memory to the others. */
const JAVA_FLAGS = ["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** The target, or a sentence with what is missing to start it; `changes` are properties to set otherwise. */
export function findTarget(
  name: TargetName,
  env: Env,
  environment: NodeJS.ProcessEnv,
  changes: Readonly<Record<string, string>> = {},
): Target | string {
  const properties = { ...PROPERTIES, ...changes };
  switch (name) {
    case "reference":
      return referenceTarget(env, properties);
    case "zookeeper-3.8":
      return apacheTarget(name, env, findZooKeeper(environment, "ZOOKEEPER_38_HOME"), properties);
    case "zookeeper-3.9":
      return apacheTarget(name, env, findZooKeeper39(environment), properties);
  }
}

function referenceTarget(env: Env, properties: Readonly<Record<string, string>>): Target {
  const keys = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
  return new ReferenceTarget(env, { settings: [...SETTINGS, ...keys], clientInServerLines: true });
}

function apacheTarget(
  name: TargetName,
  env: Env,
  installation: Installation | string,
  properties: Readonly<Record<string, string>>,
): Target | string {
  if (typeof installation === "string") return installation;
  const flags = Object.entries(properties).map(([key, value]) => `-D${key}=${value}`);
  return new ZooKeeperTarget(env, {
    name,
    installation,
    settings: SETTINGS,
    javaFlags: [...JAVA_FLAGS, ...flags],
    clientInServerLines: true,
  });
}

/** As ZooKeeper stores a password: `user:base64(sha1(user:password))`. */
function superDigest(): string {
  const [user] = SUPER_CREDENTIALS.split(":");
  return `${user}:${createHash("sha1").update(SUPER_CREDENTIALS).digest("base64")}`;
}
