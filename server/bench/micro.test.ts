import { expect, test } from "vitest";
import { codecTasks } from "./codec-tasks.ts";
import { logTasks } from "./log-tasks.ts";
import { treeTasks } from "./tree-tasks.ts";

const TASKS = [...codecTasks(), ...treeTasks(), ...logTasks()];

test.each(TASKS)("$name, again and again", (task) => {
  for (let each = 0; each < 3; each++) expect(() => task.run()).not.toThrow();
});
