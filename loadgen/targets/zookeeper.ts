import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Env } from "../../server/env.ts";
import { startLocalEnsemble } from "./local-ensemble.ts";
import type { RunningTarget, Target } from "./target.ts";

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

/** Where Apache ZooKeeper and Java are on this machine; a sentence that says what is missing if not. */
export function findZooKeeper(environment: NodeJS.ProcessEnv): Installation | string {
  const home = environment["ZOOKEEPER_HOME"];
  const java = findJava(environment);
  if (java === null) {
    return "no Java found: install a JRE of 17 or later (Debian: apt-get install default-jre-headless), or set JAVA_HOME";
  }
  if (home !== undefined && home !== "") {
    if (!existsSync(join(home, "lib"))) {
      return `ZOOKEEPER_HOME ${home}: expected an unpacked binary release, with a directory "lib"`;
    }
    return { java, classPath: [join(home, "lib", "*"), join(home, "*")] };
  }
  if (existsSync(DEBIAN_JAR)) return { java, classPath: [DEBIAN_JAR] };
  return "Apache ZooKeeper is not installed: set ZOOKEEPER_HOME to an unpacked binary release, or install it (Debian: apt-get install zookeeper)";
}

function findJava(environment: NodeJS.ProcessEnv): string | null {
  const home = environment["JAVA_HOME"];
  const directories = (environment["PATH"] ?? "").split(delimiter);
  if (home !== undefined && home !== "") directories.unshift(join(home, "bin"));
  const found = directories.map((each) => join(each, "java")).find((file) => existsSync(file));
  return found ?? null;
}

/** Apache ZooKeeper as it is installed, with its defaults and fsync on. */
export class ZooKeeperTarget implements Target {
  readonly name = "zookeeper";
  readonly #env: Env;
  readonly #servers: number;

  constructor(env: Env, servers = 3) {
    this.#env = env;
    this.#servers = servers;
  }

  async start(): Promise<RunningTarget> {
    const found = findZooKeeper(process.env);
    if (typeof found === "string") throw new Error(found);
    return startLocalEnsemble({
      env: this.#env,
      name: this.name,
      servers: this.#servers,
      files: LOG_SETTINGS,
      settings: [
        "tickTime=2000",
        "initLimit=10",
        "syncLimit=5",
        "maxClientCnxns=0",
        "admin.enableServer=false",
      ],
      command: (cfgFile, directory) => ({
        file: found.java,
        args: [
          "-cp",
          [directory, ...found.classPath].join(delimiter),
          "org.apache.zookeeper.server.quorum.QuorumPeerMain",
          cfgFile,
        ],
      }),
    });
  }
}
