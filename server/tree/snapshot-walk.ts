/**
 * A snapshot that is written a piece at a time while the tree goes on changing: it has the tree as it was
 * when it was begun. A znode that is about to change is written before it does, if it was not yet.
 * (ZooKeeper's snapshots are fuzzy instead: the log is replayed over a mixture of states.)
 */
import { JuteWriter } from "../wire/jute.ts";
import type { Zxid } from "../ids.ts";
import { CHUNK_BYTES, encodeHead, encodeNode, type SnapshotContents } from "./snapshot-codec.ts";
import type { Acl } from "./txn.ts";
import type { TreeNode } from "./znode.ts";

export class SnapshotWalk {
  /** What the snapshot shows: everything up to here, and nothing behind it. */
  readonly zxid: Zxid;
  readonly #number: number;
  readonly #nodes: Iterator<TreeNode>;
  readonly #writer = new JuteWriter(CHUNK_BYTES);
  readonly #aclNumbers = new Map<readonly Acl[], number>();
  readonly #chunks: Buffer[] = [];
  #isOver = false;

  /** `number` is another one for each walk through a tree, from 1 on. */
  constructor(contents: SnapshotContents, number: number) {
    this.zxid = contents.lastApplied;
    this.#number = number;
    // Live: what is created from now on comes last, and is passed over; what is deleted is written then.
    this.#nodes = contents.nodes.values();
    encodeHead(this.#writer, contents);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The znode is about to change, or to go. */
  beforeChange(node: TreeNode): void {
    if (!this.#isOver) this.#write(node);
  }

  /**
   * Looks at so many more znodes. Gives the snapshot's bytes, as chunks, when it is whole, and null
   * before; is not to be called after that.
   */
  next(count: number): Buffer[] | null {
    for (let left = count; left > 0; left--) {
      const { done, value } = this.#nodes.next();
      if (done !== true) {
        this.#write(value);
        continue;
      }
      this.#isOver = true;
      this.#chunks.push(this.#writer.take());
      return this.#chunks;
    }
    return null;
  }

  #write(node: TreeNode): void {
    if (node.writtenBy === this.#number || node.czxid > this.zxid) return;
    node.writtenBy = this.#number;
    encodeNode(this.#writer, node, this.#aclNumbers);
    if (this.#writer.length >= CHUNK_BYTES) this.#chunks.push(this.#writer.take());
  }
}
