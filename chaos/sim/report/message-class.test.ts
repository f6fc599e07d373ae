import { expect, test } from "vitest";
import { classOfMessage, labelOfMessage } from "./message-class.ts";

test.each([
  ["PING", "heartbeat", "PING"],
  ["PING, PONG", "heartbeat", "PING"],
  ["KEEPALIVE", "heartbeat", "KEEPALIVE"],
  ["VOTE for 1 at 0x0 in epoch 2, LOOKING", "election", "VOTE for 1 at 0x0 in epoch 2, LOOKING"],
  ["HELLO, VOTE for 1, LOOKING, VOTE for 2, LOOKING", "election", "HELLO, VOTE for 1, LOOKING +1"],
  ["VOTE for 1, FOLLOWING, FOLLOWERINFO", "recovery", "FOLLOWERINFO"],
  ["PING, PROPOSAL 0x100000003", "broadcast", "PROPOSAL 0x100000003"],
  ["NEWLEADER 2", "recovery", "NEWLEADER 2"],
  ["TRUNC 0x100000001, NEWLEADER 2", "recovery", "TRUNC 0x100000001, NEWLEADER 2"],
  [
    "PROPOSAL 0x100000003, NEWLEADER epoch 2",
    "recovery",
    "NEWLEADER epoch 2, PROPOSAL 0x100000003",
  ],
  ["PROPOSAL 0x1, PROPOSAL 0x2, PROPOSAL 0x3", "broadcast", "PROPOSAL 0x1 +2"],
  [
    "PROPOSAL 0x100000003, COMMIT 0x100000002",
    "broadcast",
    "PROPOSAL 0x100000003, COMMIT 0x100000002",
  ],
  [
    "COMMIT 0x100000001, COMMIT 0x100000002, PROPOSAL 0x100000003",
    "broadcast",
    "COMMIT 0x100000001 +1 and 1 more",
  ],
  ["REQUEST of a client", "broadcast", "REQUEST of a client"],
])("%s is a message of the %s, called %s", (text, kind, label) => {
  expect(classOfMessage(text)).toBe(kind);
  expect(labelOfMessage(text)).toBe(label);
});
