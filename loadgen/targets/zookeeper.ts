import { existsSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Env, NetAddress } from "../../server/env.ts";
import { startLocalEnsemble } from "./local-ensemble.ts";
import type { TargetOptions } from "./reference.ts";
import type { RunningTarget, Target } from "./target.ts";

const SRVR_TIMEOUT_MS = 1000;
const NO_JAVA =
  "no Java found: install a JRE of 17 or later (Debian: apt-get install default-jre-headless), or set JAVA_HOME";
const TOOLS_39 = fileURLToPath(new URL("../../.ci/tools/zookeeper-3.9", import.meta.url));
const DEBIAN_JAR = "/usr/share/java/zookeeper.jar";
/** Log lines at error level to stdout; in the formats of the two loggers that ZooKeeper has used. */
const LOG_SETTINGS = {
  "log4j.properties":
    "log4j.rootLogger=ERROR, CONSOLE\nlog4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender\nlog4j.appender.CONSOLE.layout=org.apache.log4j.SimpleLayout\n",
  "logback.xml":
    '<configuration><appender name="C" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%level %msg%n</pattern></encoder></appender><root level="ERROR"><appender-ref ref="C"/></root></configuration>\n',
};

export interface Installation {
  readonly java: string;
  readonly classPath: readonly string[];
}

/**
 * Where Apache ZooKeeper and Java are on this machine; a sentence that says what is missing if not.
 * `homeVariable` names the directory of a binary release; without it Debian's package is taken.
 */
export function findZooKeeper(
  environment: NodeJS.ProcessEnv,
  homeVariable: "ZOOKEEPER_HOME" | "ZOOKEEPER_38_HOME" = "ZOOKEEPER_HOME",
): Installation | string {
  const home = environment[homeVariable];
  const java = findJava(environment);
  if (java === null) return NO_JAVA;
  if (home !== undefined && home !== "") return releaseIn(java, home, homeVariable);
  if (existsSync(DEBIAN_JAR)) return { java, classPath: [DEBIAN_JAR] };
  return `Apache ZooKeeper is not installed: set ${homeVariable} to an unpacked binary release, or install it (Debian: apt-get install zookeeper)`;
}

/**
 * Where ZooKeeper 3.9 is, which Debian does not have: in ZOOKEEPER_39_HOME, else where `.ci/run` puts
 * what it has from Maven Central. A sentence if there is none.
 */
export function findZooKeeper39(environment: NodeJS.ProcessEnv): Installation | string {
  const java = findJava(environment);
  if (java === null) return NO_JAVA;
  const home = environment["ZOOKEEPER_39_HOME"];
  if (home !== undefined && home !== "") return releaseIn(java, home, "ZOOKEEPER_39_HOME");
  if (existsSync(join(TOOLS_39, "lib"))) return { java, classPath: [join(TOOLS_39, "lib", "*")] };
  return "Apache ZooKeeper 3.9 is not installed: set ZOOKEEPER_39_HOME to an unpacked binary release, or get it as chaos/conformance/peers/zookeeper-3.9.pom.xml says";
}

function releaseIn(java: string, home: string, variable: string): Installation | string {
  if (!existsSync(join(home, "lib"))) {
    return `${variable} ${home}: expected an unpacked binary release, with a directory "lib"`;
  }
  return { java, classPath: [join(home, "lib", "*"), join(home, "*")] };
}

function findJava(environment: NodeJS.ProcessEnv): string | null {
  const home = environment["JAVA_HOME"];
  const directories = (environment["PATH"] ?? "").split(delimiter);
  if (home !== undefined && home !== "") directories.unshift(join(home, "bin"));
  const found = directories.map((each) => join(each, "java")).find((file) => existsSync(file));
  return found ?? null;
}

export interface ZooKeeperOptions extends TargetOptions {
  /** What messages and results call it; default `zookeeper`. */
  readonly name?: string;
  /** Default: what `findZooKeeper` finds. */
  readonly installation?: Installation;
  /** Flags of the Java machine: `-Dzookeeper.…=…`, `-Xmx256m`. */
  readonly javaFlags?: readonly string[];
}

/** Apache ZooKeeper as it is installed, with its defaults (where it has them) and fsync on. */
export class ZooKeeperTarget implements Target {
  readonly name: string;
  readonly #env: Env;
  readonly #options: ZooKeeperOptions;

  constructor(env: Env, options: ZooKeeperOptions = {}) {
    this.name = options.name ?? "zookeeper";
    this.#env = env;
    this.#options = options;
  }

  async start(signal?: AbortSignal): Promise<RunningTarget> {
    const found = this.#options.installation ?? findZooKeeper(process.env);
    if (typeof found === "string") throw new Error(found);
    return startLocalEnsemble({
      env: this.#env,
      name: this.name,
      servers: this.#options.servers ?? 3,
      clientInServerLines: this.#options.clientInServerLines ?? false,
      files: LOG_SETTINGS,
      // It has no default for these two.
      settings: [
        "initLimit=10",
        "syncLimit=5",
        "admin.enableServer=false",
        ...(this.#options.settings ?? []),
      ],
      command: (cfgFile, directory) => ({
        file: found.java,
        args: [
          ...(this.#options.javaFlags ?? []),
          "-cp",
          [directory, ...found.classPath].join(delimiter),
          "org.apache.zookeeper.server.quorum.QuorumPeerMain",
          cfgFile,
        ],
      }),
      leads: ({ address }) => leads(address),
      hasAdmin: false,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** Asks with the four letters `srvr`; a server that does not answer, or not in time, does not lead. */
function leads({ host, port }: NetAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: SRVR_TIMEOUT_MS }, () => socket.write("srvr"));
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("timeout", () => socket.destroy());
    // What an error means is known when the connection is closed: no answer.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(/^Mode: leader$/m.test(answer)));
  });
}
