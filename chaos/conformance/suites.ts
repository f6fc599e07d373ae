/** All conformance suites, in the order in which they run. */
import { C_CLIENT } from "./suites/c-client.ts";
import { KAZOO } from "./suites/kazoo.ts";
import type { Suite } from "./suite.ts";

export const SUITES: readonly Suite[] = [KAZOO, C_CLIENT];
