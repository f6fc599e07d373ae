/** Candidates for a plan whose operations and faults ask for less. */
import type { SimOp, SimPlan, SimRequest } from "../plan.ts";

const PLAIN_VALUE_BYTES = 8;

/** One operation less demanding, for every operation that can be. */
export function simplerRequests(plan: SimPlan): SimPlan[] {
  return plan.ops.flatMap((op, index) =>
    lessDemanding(op.request).map((request) => withOp(plan, index, { ...op, request })),
  );
}

function withOp(plan: SimPlan, index: number, op: SimOp): SimPlan {
  return { ...plan, ops: plan.ops.map((each, at) => (at === index ? op : each)) };
}

function lessDemanding(request: SimRequest): SimRequest[] {
  switch (request.type) {
    case "multi":
      if (request.parts.length < 2) return [];
      return request.parts.map((_, gone) => ({
        ...request,
        parts: request.parts.filter((_part, index) => index !== gone),
      }));
    case "create":
    case "setData":
      return request.valueBytes > PLAIN_VALUE_BYTES
        ? [{ ...request, valueBytes: PLAIN_VALUE_BYTES }]
        : [];
    case "getData":
    case "exists":
    case "getChildren":
      return request.watch ? [{ ...request, watch: false }] : [];
    default:
      return [];
  }
}
