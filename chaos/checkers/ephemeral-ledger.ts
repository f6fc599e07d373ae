/**
 * Sessions and ephemerals as the final log tells them: who owned what, from which zxid to which.
 */
import type { ServerTxn } from "../../results/history.ts";
import type { FinalLog } from "./final-log.ts";
import { nameOf, parentOf } from "./znode-path.ts";
import { eachChange, isSessionOwner, txnOfChange } from "./txn-changes.ts";
import type { Change } from "./txn-changes.ts";

/** One ephemeral znode, from its creation to its removal. */
export interface EphemeralLife {
  readonly path: string;
  readonly owner: string;
  readonly czxid: number;
  /** The transaction that removed it; Infinity while it is there. */
  endZxid: number;
  /** The one that was created on the path before it. */
  readonly before: EphemeralLife | null;
}

/** The ephemerals that ever were under one parent. */
export interface EphemeralSiblings {
  readonly inOrderOfCreation: EphemeralLife[];
  /** The last that was created under each name. */
  readonly lastByName: Map<string, EphemeralLife>;
}

export interface SessionLife {
  readonly session: string;
  /** The createSession transaction; 0 when it is not in the log. */
  readonly openedZxid: number;
  /** The first closeSession transaction; Infinity while it is open. */
  closedZxid: number;
  /** Its ephemerals, in the order of creation. */
  readonly owned: EphemeralLife[];
}

/** A closeSession transaction whose list is not what its session owned. */
export interface WrongRemoval {
  readonly txn: ServerTxn;
  readonly leftBehind: readonly string[];
  readonly notItsOwn: readonly string[];
}

/** A transaction of a session that was closed before. */
export interface AfterClose {
  readonly txn: ServerTxn;
  readonly session: SessionLife;
}

export class EphemeralLedger {
  readonly sessions = new Map<string, SessionLife>();
  readonly byParent = new Map<string, EphemeralSiblings>();
  readonly wrongRemovals: WrongRemoval[] = [];
  readonly afterClose: AfterClose[] = [];
  /** createSession transactions of ids that had been given out before. */
  readonly openedAgain: ServerTxn[] = [];
  lives = 0;
  readonly #live = new Map<string, EphemeralLife>();
  readonly #whole: boolean;
  /** Of the transaction that is being applied: that its session was closed has been noted. */
  #refused = false;
  readonly #applyChange = (change: Change, txn: ServerTxn): void => {
    // A multi of checks and errors alone changes nothing.
    if (!this.#refused) this.#refuseAfterClose(txn, txn.session);
    this.#refused = true;
    if (change.type === "create") this.#create(change, txn);
    else if (change.type === "delete") this.#end(change.path, txn.zxid);
  };

  constructor(log: FinalLog) {
    this.#whole = log.fromZxid === 0;
    for (const txn of log.entries) this.#apply(txn);
  }

  #apply(txn: ServerTxn): void {
    switch (txn.type) {
      case "createSession":
        if ((this.sessions.get(txn.session)?.openedZxid ?? 0) > 0) this.openedAgain.push(txn);
        this.#session(txn.session, txn.zxid);
        break;
      case "closeSession":
        this.#close(txn);
        break;
      case "create":
      case "delete":
      case "setData":
      case "setACL":
      case "multi":
      case "reconfig":
        this.#change(txn);
        break;
      case "error":
        break;
    }
  }

  #change(txn: ServerTxn): void {
    this.#refused = false;
    eachChange(txn, this.#applyChange);
  }

  #session(session: string, openedZxid: number): SessionLife {
    const known = this.sessions.get(session);
    if (known !== undefined) return known;
    const life = { session, openedZxid, closedZxid: Number.POSITIVE_INFINITY, owned: [] };
    this.sessions.set(session, life);
    return life;
  }

  #refuseAfterClose(txn: ServerTxn, session: string): void {
    const life = this.sessions.get(session);
    if (life !== undefined && life.closedZxid < txn.zxid) {
      this.afterClose.push({ txn, session: life });
    }
  }

  #create(change: Change, txn: ServerTxn): void {
    const { path, ephemeralOwner: owner = "0x0" } = change;
    if (!isSessionOwner(owner)) return;
    const { zxid: czxid } = txn;
    const siblings = this.#siblings(parentOf(path));
    const name = nameOf(path);
    const before = siblings.lastByName.get(name) ?? null;
    const life: EphemeralLife = { path, owner, czxid, endZxid: Number.POSITIVE_INFINITY, before };
    siblings.lastByName.set(name, life);
    siblings.inOrderOfCreation.push(life);
    this.lives++;
    this.#live.set(path, life);
    const session = this.#session(owner, 0);
    if (owner !== txn.session) {
      this.#refuseAfterClose(txnOfChange(txn, change, "create"), owner);
    }
    session.owned.push(life);
  }

  #siblings(parent: string): EphemeralSiblings {
    let siblings = this.byParent.get(parent);
    if (siblings === undefined) {
      siblings = { inOrderOfCreation: [], lastByName: new Map() };
      this.byParent.set(parent, siblings);
    }
    return siblings;
  }

  #end(path: string, zxid: number): void {
    const life = this.#live.get(path);
    if (life === undefined) return;
    life.endZxid = zxid;
    this.#live.delete(path);
  }

  #close(txn: ServerTxn): void {
    const session = this.#session(txn.session, 0);
    const due = session.owned.filter((life) => life.endZxid === Number.POSITIVE_INFINITY);
    if (txn.removed !== undefined) {
      const removed = new Set(txn.removed);
      const duePaths = new Set(due.map((life) => life.path));
      const leftBehind = due.map((life) => life.path).filter((path) => !removed.has(path));
      const notItsOwn = txn.removed.filter((path) => !duePaths.has(path) && this.#knows(path));
      if (leftBehind.length + notItsOwn.length > 0) {
        this.wrongRemovals.push({ txn, leftBehind, notItsOwn });
      }
    }
    // By the guarantee they end here, whatever the transaction lists.
    for (const life of due) this.#end(life.path, txn.zxid);
    for (const path of txn.removed ?? []) this.#end(path, txn.zxid);
    session.closedZxid = Math.min(session.closedZxid, txn.zxid);
  }

  /** Whether the log tells whose the path is: it does not for what was created before it begins. */
  #knows(path: string): boolean {
    return this.#whole || this.#live.has(path);
  }
}
