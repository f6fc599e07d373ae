/** Takes an ensemble back to an empty tree, as the super user: what a walk has left would meet the next. */
import { RawClient } from "../../../server/testing/raw-client.ts";
import { decodeChildren } from "../../../server/wire/replies.ts";
import type { Acl } from "../../../server/wire/acl.ts";
import type { Request } from "../../../server/wire/request-types.ts";
import { Xid } from "../../../server/wire/opcodes.ts";
import { SUPER_CREDENTIALS } from "../suite.ts";

const OPEN: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
const READ: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];
const SYSTEM = ["/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/** Throws when something cannot be removed. */
export async function cleanTree(port: number): Promise<void> {
  const { client } = await RawClient.open(port);
  try {
    client.request(
      { type: "auth", scheme: "digest", auth: Buffer.from(SUPER_CREDENTIALS) },
      Xid.auth,
    );
    await mustWork(client.reply(), "authenticate as the super user");
    for (const name of await childrenOf(client, "/")) {
      if (name !== "zookeeper") await removeTree(client, `/${name}`);
    }
    for (const name of await childrenOf(client, "/zookeeper")) {
      if (name !== "quota" && name !== "config") await removeTree(client, `/zookeeper/${name}`);
    }
    for (const name of await childrenOf(client, "/zookeeper/quota")) {
      await removeTree(client, `/zookeeper/quota/${name}`);
    }
    for (const path of ["/", ...SYSTEM]) {
      const acl = path === "/zookeeper/config" ? READ : OPEN;
      await ask(client, { type: "setACL", path, acl, version: -1 });
    }
    await ask(client, { type: "closeSession" });
  } finally {
    client.destroy();
  }
}

async function removeTree(client: RawClient, path: string): Promise<void> {
  for (const name of await childrenOf(client, path)) await removeTree(client, `${path}/${name}`);
  await ask(client, { type: "delete", path, version: -1 });
}

async function childrenOf(client: RawClient, path: string): Promise<string[]> {
  const { body } = await ask(client, { type: "getChildren", path, watch: false });
  return decodeChildren(body);
}

function ask(client: RawClient, request: Request): ReturnType<RawClient["call"]> {
  const path = "path" in request ? ` ${request.path}` : "";
  return mustWork(client.call(request), `${request.type}${path}`);
}

async function mustWork<T extends { readonly err: number }>(
  reply: Promise<T>,
  what: string,
): Promise<T> {
  const answer = await reply;
  if (answer.err !== 0) throw new Error(`cannot clean the tree: ${what} answers ${answer.err}`);
  return answer;
}
