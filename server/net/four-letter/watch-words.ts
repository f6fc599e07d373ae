/** wchs, wchc, wchp: what is watched (but for the watches of getChildren, as in ZooKeeper). */
import { formatSession } from "../../ids.ts";
import type { WordSource } from "./source.ts";

export function watchSummary({ replica }: WordSource): string[] {
  const { watchers, paths, watches } = replica.watches.report.summary();
  return [`${watchers} connections watching ${paths} paths\nTotal watches:${watches}\n`];
}

export function* watchesByConnection({ replica }: WordSource): Generator<string> {
  for (const [connection, paths] of replica.watches.report.byWatcher()) {
    yield `${formatSession(connection.sessionId)}\n`;
    for (const path of paths) yield `\t${path}\n`;
  }
  yield "\n";
}

export function* watchesByPath({ replica }: WordSource): Generator<string> {
  for (const [path, connections] of replica.watches.report.byPath()) {
    yield `${path}\n`;
    for (const { sessionId } of connections) yield `\t${formatSession(sessionId)}\n`;
  }
  yield "\n";
}
