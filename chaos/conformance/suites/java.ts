import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ServerCommand } from "../../../loadgen/targets/server-process.ts";
import { findZooKeeper } from "../../../loadgen/targets/zookeeper.ts";
import type { Suite } from "../suite.ts";

const SOURCES = fileURLToPath(new URL("../java/src/lab", import.meta.url));
const POM = fileURLToPath(new URL("../java/clients/pom.xml", import.meta.url));
/** The clients' jars, fetched once by Maven; not committed. */
const CLIENTS = fileURLToPath(new URL("../../../.ci/tools/conformance/java/lib", import.meta.url));
const FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
/** Start fast, leave the memory to the others. */
const JVM_FLAGS = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const PROPERTIES = ["-Dzookeeper.extendedTypesEnabled=true", "-Dfile.encoding=UTF-8"];
/** What the clients log is noise where their servers are killed: what counts is in the cases. */
const LOGBACK =
  '<configuration><appender name="C" class="ch.qos.logback.core.ConsoleAppender"><target>System.err</target>' +
  "<encoder><pattern>%level [%thread] %logger{0} %msg%n</pattern></encoder></appender>" +
  '<root level="ERROR"><appender-ref ref="C"/></root></configuration>\n';

type ClassPath = (directory: string) => string | readonly string[];

const newest: ClassPath = () => [join(CLIENTS, "*")];
/** The shell of the installed 3.8, with the suite's own classes as they are. */
const debian: ClassPath = () => {
  const found = findZooKeeper(process.env, "ZOOKEEPER_38_HOME");
  return typeof found === "string" ? found : found.classPath;
};

export const JAVA = javaSuite({
  name: "java",
  about: "ZooKeeper's own Java client 3.9: every operation, error, watch and session",
  main: "lab.PlainSuite",
  classPath: newest,
});
export const ZKCLI_39 = javaSuite({
  name: "zkcli-3.9",
  about: "zkCli of ZooKeeper 3.9: its commands and what they print",
  main: "lab.ZkCliSuite",
  classPath: newest,
});
export const ZKCLI_38 = javaSuite({
  name: "zkcli-3.8",
  about: "zkCli of ZooKeeper 3.8: its commands and what they print",
  main: "lab.ZkCliSuite",
  classPath: debian,
});
export const CURATOR = javaSuite({
  name: "curator",
  about: "Curator 5.9: its recipes, also while servers are killed",
  main: "lab.CuratorSuite",
  classPath: newest,
});

interface JavaSuite {
  readonly name: string;
  readonly about: string;
  readonly main: string;
  readonly classPath: ClassPath;
}

function javaSuite({ name, about, main, classPath }: JavaSuite): Suite {
  return {
    name,
    about,
    missing() {
      const missing = ["java", "javac"].filter((program) => !isInstalled(program));
      if (!existsSync(CLIENTS) && !isInstalled("mvn")) missing.push("mvn");
      if (missing.length > 0) {
        return `not installed: ${missing.join(", ")} (Debian: apt-get install default-jdk-headless maven)`;
      }
      const jars = classPath("");
      return typeof jars === "string" ? jars : null;
    },
    build: (directory, signal) => build(directory, signal, main, classPath),
  };
}

async function build(
  directory: string,
  signal: AbortSignal,
  main: string,
  classPath: ClassPath,
): Promise<ServerCommand> {
  await fetchClients(signal);
  const classes = join(directory, "classes");
  const sources = (await readdir(SOURCES)).map((name) => join(SOURCES, name));
  await promisify(execFile)(
    "javac",
    ["-encoding", "UTF-8", "-d", classes, "-cp", join(CLIENTS, "*"), ...sources],
    { signal },
  );
  await writeFile(join(classes, "logback.xml"), LOGBACK);
  await writeFile(join(classes, "log4j.properties"), "log4j.rootLogger=OFF\n");
  const jars = classPath(directory);
  if (typeof jars === "string") throw new Error(jars);
  const path = [classes, ...jars].join(delimiter);
  return { file: "java", args: [...JVM_FLAGS, ...PROPERTIES, "-cp", path, main] };
}

/** Fetched beside its place and moved there whole, so that a half of it is never taken for all. */
async function fetchClients(signal: AbortSignal): Promise<void> {
  if (existsSync(CLIENTS)) return;
  const partial = `${CLIENTS}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await promisify(execFile)(
      "mvn",
      ["-q", "-B", "-f", POM, FETCH, "-DincludeScope=runtime", `-DoutputDirectory=${partial}`],
      { signal },
    );
    await rename(partial, CLIENTS);
  } catch (error) {
    // Another run that was faster has put the same there.
    if (!existsSync(CLIENTS)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((each) => existsSync(join(each, program)));
}
