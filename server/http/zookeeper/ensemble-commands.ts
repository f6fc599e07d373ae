/** leader, voting_view, observers, zabstate: the ensemble, as this server knows it. */
import type { EnsembleMember } from "../../ensemble-config.ts";
import type { NetAddress } from "../../env.ts";
import { counterOf, epochOf, formatZxid, type ServerId, type Zxid } from "../../ids.ts";
import type { WordSource } from "../../net/four-letter/source.ts";
import { command, type Fields, type ZooKeeperCommand } from "./command.ts";

export const ENSEMBLE_COMMANDS: readonly ZooKeeperCommand[] = [
  command(["leader", "lead"], ({ source }) => leader(source)),
  command(["voting_view"], ({ source }) => ({ current_config: votingView(source) })),
  command(["observers", "obsr"], ({ source }) => {
    const sids = source.parts.zab.syncedObservers();
    const observers = sids.map((sid) => ({
      sid,
      remote_socket_address: addressOf(memberOf(source, sid)?.link),
    }));
    return { synced_observers: observers.length, observers };
  }),
  // Nothing is counted for observers: there is nothing to reset.
  command(["observer_connection_stat_reset", "orst"], () => ({})),
  command(["zabstate"], ({ source }) => zabState(source), false),
];

function leader(source: WordSource): Fields {
  // ZooKeeper's words for a server without peers.
  if (source.config.isStandalone) return { error: "server is not initialized" };
  const { leader: id, server } = source.view.status();
  const leaderId = (id ?? -1) as ServerId;
  return {
    is_leader: id === server,
    leader_id: leaderId,
    leader_ip: memberOf(source, leaderId)?.link.host ?? "",
  };
}

function votingView(source: WordSource): Fields {
  if (source.config.isStandalone) return {};
  const voters = source.parts.ensemble().members.filter(({ role }) => role === "participant");
  return Object.fromEntries(
    voters.map((member) => [
      member.id,
      {
        server_addresses: [addressOf(member.link)],
        election_addresses: [addressOf(electionAddress(member))],
        client_address: addressOf(clientAddress(source, member)),
        learner_type: member.role,
      },
    ]),
  );
}

/** A server looks for a leader and serves nobody: it says that, where ZooKeeper says nothing. */
function zabState(source: WordSource): Fields {
  if (source.config.isStandalone) return { voting: false, zabstate: "" };
  const { server, state, part, appliedZxid } = source.view.status();
  const member = memberOf(source, server as ServerId);
  return {
    myid: server,
    is_leader: state === "LEADING",
    quorum_address: addressFields(member?.link),
    election_address: addressFields(member && electionAddress(member)),
    client_address: source.view.status().clientAddress ?? "",
    voting: part === "participant",
    last_zxid: formatZxid(appliedZxid),
    zab_epoch: epochOf(appliedZxid as Zxid),
    zab_counter: counterOf(appliedZxid as Zxid),
    zabstate: source.parts.zab.phase().toLowerCase(),
  };
}

function memberOf(source: WordSource, sid: ServerId): EnsembleMember | undefined {
  return source.parts.ensemble().members.find(({ id }) => id === sid);
}

function electionAddress({ link, electionPort }: EnsembleMember): NetAddress {
  return { host: link.host, port: electionPort };
}

/** What the ensemble knows; of this server itself, where it really listens. */
function clientAddress(source: WordSource, { id, client }: EnsembleMember): NetAddress | null {
  return client ?? (id === source.config.serverId ? source.config.clientAddress : null);
}

function addressOf(address: NetAddress | null | undefined): string {
  if (!address) return "";
  const { host, port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** ZooKeeper's MultipleAddresses; a server has one here, and nobody tries whether it is reachable. */
function addressFields(address: NetAddress | undefined): Fields {
  const one = addressOf(address);
  const all = one === "" ? [] : [one];
  return {
    empty: all.length === 0,
    all_addresses: all,
    wildcard_addresses: address ? [`0.0.0.0:${address.port}`] : [],
    all_ports: address ? [address.port] : [],
    all_host_strings: address ? [address.host] : [],
    reachable_address: one,
    all_reachable_addresses: all,
    all_reachable_addresses_or_all: all,
    reachable_or_one: one,
    one,
  };
}
