/**
 * The nemesis: injects faults one after the other and keeps the fault log. A fault counts from when it
 * was verified to be in force, and until its healing was verified.
 */
import type { FaultRecord } from "../../results/history.ts";
import type { LocalEnsemble } from "../engines/local.ts";
import type { ActiveFault, FaultSpec } from "../faults/fault.ts";
import { injectorOf } from "../faults/inject.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Nemesis {
  readonly #ensemble: LocalEnsemble;
  readonly #nowMs: () => number;
  readonly #records: Mutable<FaultRecord>[] = [];
  /** Faults that could not be made or healed: why. */
  readonly problems: string[] = [];
  #active: { fault: ActiveFault; record: Mutable<FaultRecord> } | null = null;

  /** `nowMs`: milliseconds since the start of the run. */
  constructor(ensemble: LocalEnsemble, nowMs: () => number) {
    this.#ensemble = ensemble;
    this.#nowMs = nowMs;
  }

  /** The fault log so far, in the order of time. */
  get records(): readonly FaultRecord[] {
    return this.#records;
  }
  /** The fault in force now; null if there is none. */
  get inForce(): string | null {
    return this.#active?.record.description ?? null;
  }

  /** Injects the fault; false, with an entry in `problems`, if it could not be made. */
  async inject(spec: FaultSpec): Promise<boolean> {
    const record: Mutable<FaultRecord> = {
      name: spec.type,
      description: `${spec.type} was asked for`,
      servers: [],
      links: [],
      requestedMs: this.#nowMs(),
      effectiveMs: null,
      healRequestedMs: null,
      healedMs: null,
      noQuorum: false,
    };
    this.#records.push(record);
    try {
      const fault = await injectorOf(spec)(this.#ensemble);
      const { description, servers, links, noQuorum } = fault;
      Object.assign(record, { description, servers, links, noQuorum });
      record.effectiveMs = this.#nowMs();
      this.#active = { fault, record };
      return true;
    } catch (error) {
      this.problems.push(`The fault ${spec.type} never fired: ${messageOf(error)}`);
      // A fault that was made in part must not stay.
      await this.#ensemble.heal();
      return false;
    }
  }

  /** Takes the fault in force back; an entry in `problems` says if that failed. */
  async heal(): Promise<void> {
    const active = this.#active;
    if (active === null) return;
    this.#active = null;
    active.record.healRequestedMs = this.#nowMs();
    try {
      await active.fault.heal();
      active.record.healedMs = this.#nowMs();
    } catch (error) {
      this.problems.push(`The fault ${active.record.name} was not healed: ${messageOf(error)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
