/** All conformance suites, in the order in which they run. */
import { C_CLIENT } from "./suites/c-client.ts";
import { GO } from "./suites/go.ts";
import { CURATOR, JAVA, ZKCLI_38, ZKCLI_39 } from "./suites/java.ts";
import { KAZOO } from "./suites/kazoo.ts";
import type { Suite } from "./suite.ts";

export const SUITES: readonly Suite[] = [KAZOO, C_CLIENT, JAVA, ZKCLI_38, ZKCLI_39, CURATOR, GO];
