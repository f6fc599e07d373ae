import type { FaultMaker } from "./active-fault.ts";

/** Members change through a client; what was changed stays. */
export const reconfig: FaultMaker<"reconfig"> = (context, fault, effective) => {
  const { leaving, joining } = fault;
  let wanted = true;
  context.operator.reconfigure(
    leaving,
    joining,
    () => wanted,
    () => {
      if (wanted) effective();
    },
  );
  const parts = [
    ...(leaving.length > 0 ? [`server ${leaving.join(", ")} leave`] : []),
    ...(joining.length > 0 ? [`server ${joining.join(", ")} join as a voter`] : []),
  ];
  return {
    description: `let ${parts.join(" and ")}`,
    servers: [...leaving, ...joining],
    links: [],
    noQuorum: false,
    waits: true,
    heal: () => void (wanted = false),
  };
};
