/**
 * The admin port's own commands: what each answers, as JSON. All read, none changes anything. Those that
 * ZooKeeper has, too, are in zookeeper/.
 */
import type { ServerView } from "./view.ts";

export const HOT_LIMIT_DEFAULT = 10;
export const HOT_LIMIT_MAX = 1_000;

export type CommandAnswer =
  | { readonly ok: true; readonly body: object }
  /** The query was wrong: which parameter, and what is expected. */
  | { readonly ok: false; readonly error: string };

export type Command = (view: ServerView, query: URLSearchParams) => CommandAnswer;

/** By path. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  "/commands/status": (view) => ({ ok: true, body: view.status() }),
  "/commands/final": (view) => ({ ok: true, body: view.finalState() }),
  "/commands/hot": hot,
};

function hot(view: ServerView, query: URLSearchParams): CommandAnswer {
  const text = query.get("limit") ?? String(HOT_LIMIT_DEFAULT);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > HOT_LIMIT_MAX) {
    const error = `limit: found ${JSON.stringify(text.slice(0, 60))}, expected a number from 1 to ${HOT_LIMIT_MAX}`;
    return { ok: false, error };
  }
  const by = query.get("by") ?? "watchers";
  if (by !== "watchers" && by !== "notifications") {
    const found = JSON.stringify(by.slice(0, 60));
    return { ok: false, error: `by: found ${found}, expected watchers or notifications` };
  }
  return { ok: true, body: { znodes: view.hotZnodes(limit, by) } };
}
