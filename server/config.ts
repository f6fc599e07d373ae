/**
 * The configuration of one server, as zoo.cfg gives it. The keys, their meaning and their defaults are
 * ZooKeeper's; `zoo-cfg.ts` reads the file.
 */
import type { NetAddress } from "./env.ts";
import type { ServerId } from "./ids.ts";

export interface ServerConfig {
  /** The file it was read from, for messages. */
  readonly fileName: string;
  /** This server's number (the file `myid` in dataDir, or the key `myid`); 1 when standalone. */
  readonly serverId: ServerId;
  /** tickTime: the unit of all that is counted in ticks. */
  readonly tickMs: number;
  /** initLimit: how long a follower may take to connect and synchronize. */
  readonly initLimitTicks: number;
  /** syncLimit: how long a server and its leader may not hear of each other. */
  readonly syncLimitTicks: number;
  /** Snapshots and epochs; absolute, or relative to the working directory, as written. */
  readonly dataDir: string;
  /** The transaction log; `dataDir` unless configured. */
  readonly dataLogDir: string;
  /** Where clients connect: clientPortAddress (default: all interfaces), clientPort (0: any free). */
  readonly clientAddress: NetAddress;
  /** maxClientCnxns: connections from one address; 0 is no limit. */
  readonly maxConnectionsPerAddress: number;
  /** What a session timeout is negotiated into. */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** snapCount: a snapshot is begun after about this many transactions. */
  readonly snapshotEveryTxns: number;
  /** jute.maxbuffer: the longest frame, in bytes. */
  readonly maxFrameBytes: number;
  /** admin.enableServer, admin.serverAddress, admin.serverPort (0: any free). */
  readonly adminEnabled: boolean;
  readonly adminAddress: NetAddress;
  /** 4lw.commands.whitelist: the words that are answered, or `*` alone. */
  readonly fourLetterWords: readonly string[];
  /** skipACL: nobody is refused anything for lack of permission. */
  readonly skipAcl: boolean;
  /**
   * DigestAuthenticationProvider.superDigest: `user:base64(sha1(user:password))` of the one who may do
   * everything; null: there is none.
   */
  readonly superDigest: string | null;
  /** extendedTypesEnabled: znodes with a time to live may be created. */
  readonly extendedTypesEnabled: boolean;
  /** enforceQuota: hard limits of quotas refuse writes. */
  readonly enforceQuota: boolean;
  /** znode.container.*: how the leader removes containers and znodes whose time to live is over. */
  readonly containers: ContainerConfig;
  /**
   * All voting servers, this one included, in the order of their ids; standalone: this one alone.
   * `address` is where *this* server reaches that one, which may be a proxy of this link.
   */
  readonly peers: readonly PeerConfig[];
  /** Where this server listens for links of its peers; null when there are none. */
  readonly linkListenAddress: NetAddress | null;
  /** What is allowed and probably not meant: for the log. */
  readonly warnings: readonly string[];
}

export interface PeerConfig {
  readonly id: ServerId;
  readonly address: NetAddress;
}

export interface ContainerConfig {
  readonly checkIntervalMs: number;
  /** Removals, at most. */
  readonly maxPerMinute: number;
  /** A container that never had a child goes after this long; 0: it stays. */
  readonly maxNeverUsedMs: number;
}

/** The configuration cannot be used; `problems` has one line per finding, all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}
