import { expect, test } from "vitest";
import { LeadershipCheck } from "./leadership-check.ts";

/** A leader that sends its pings when it is told to, and turns that end when the test says so. */
function leadership(options: { alone?: boolean } = {}) {
  const turns: (() => void)[] = [];
  const answers: string[] = [];
  let pingRound = 0;
  const leader = {
    get pingRound() {
      return pingRound;
    },
    confirmLeadership: (): void => {
      pingRound++;
      if (options.alone === true) check.confirmed(pingRound);
    },
  };
  const check = new LeadershipCheck(
    { soon: (run) => turns.push(run) },
    () => leader,
    (run) => run(),
  );
  return {
    check,
    answers,
    ask: (name: string): void => check.ask(() => answers.push(name)),
    endTurn: (): void => {
      for (const run of turns.splice(0)) run();
    },
    rounds: () => pingRound,
  };
}

test("answers come in the order of the questions, when a later ping is answered", () => {
  const { check, answers, ask, endTurn, rounds } = leadership();
  ask("a");
  ask("b");
  check.confirmed(0);
  expect(answers).toEqual([]);
  endTurn();
  expect(rounds()).toBe(1);
  expect(answers).toEqual([]);
  ask("asked after the ping was sent");
  check.confirmed(1);
  expect(answers).toEqual(["a", "b"]);
  endTurn();
  check.confirmed(2);
  expect(answers).toEqual(["a", "b", "asked after the ping was sent"]);
});

test("a server that is the whole quorum answers itself", () => {
  const { answers, ask, endTurn } = leadership({ alone: true });
  ask("a");
  expect(answers).toEqual([]);
  endTurn();
  expect(answers).toEqual(["a"]);
});

test("who does not lead any more answers nothing", () => {
  const { check, answers, ask, endTurn, rounds } = leadership();
  ask("a");
  check.stop();
  endTurn();
  expect(rounds()).toBe(0);
  check.confirmed(1);
  expect(answers).toEqual([]);
});
