/**
 * The configuration of one server, as zoo.cfg gives it. The keys, their meaning and their defaults are
 * ZooKeeper's; `zoo-cfg.ts` reads the file.
 */
import type { EnsembleConfig } from "./ensemble-config.ts";
import type { NetAddress, TlsIdentitySource } from "./env.ts";
import type { ServerId } from "./ids.ts";

/** How clients come in, apart from the plain port. */
export interface ClientAccess {
  /** maxCnxns: connections of clients in all; 0 is no limit. */
  readonly maxConnections: number;
  /** connection_throttle_*: how fast clients may open sessions. */
  readonly connectionRate: ConnectionRate;
  /** readonlymode.enabled: a server that is cut off from the quorum serves reads to those who want it. */
  readonly readOnlyModeEnabled: boolean;
  /** secureClientPort; null: there is none. */
  readonly secureClient: SecureClientPort | null;
  /**
   * X509AuthenticationProvider.superUser: the subject (RFC 2253) whose certificate makes a client the one
   * who may do everything; null: there is none.
   */
  readonly x509SuperUser: string | null;
  /**
   * rest.enabled, rest.serverAddress (default: loopback), rest.serverPort (0: any free): where znodes are
   * served over HTTP; null: nowhere.
   */
  readonly restAddress: NetAddress | null;
}

/** A bucket of tokens, one for each session that is opened or comes back. */
export interface ConnectionRate {
  /** connection_throttle_tokens: so many may come at once; 0 is no limit. */
  readonly tokens: number;
  /** connection_throttle_fill_time: ms from one fill to the next. */
  readonly fillMs: number;
  /** connection_throttle_fill_count: tokens that a fill adds, up to `tokens` in all. */
  readonly fillCount: number;
}

export interface SecureClientPort {
  /** secureClientPortAddress (default: all interfaces), secureClientPort (0: any free). */
  readonly address: NetAddress;
  readonly tls: TlsIdentitySource;
}

/** How servers make sure of each other. */
export interface LinkSecurity {
  /** What quorum.auth.secretFile holds, at least 16 bytes; null: links ask for none. */
  readonly secret: Buffer | null;
  /** sslQuorum; null: links are not encrypted. */
  readonly tls: LinkTls | null;
}

/** Both ends of a link show a certificate that the other one trusts. */
export interface LinkTls {
  readonly identity: TlsIdentitySource;
  /** ssl.quorum.hostnameVerification: a server's certificate must be for the host of its server line. */
  readonly verifiesHost: boolean;
}

export interface ServerConfig extends ClientAccess {
  /** The file it was read from, for messages. */
  readonly fileName: string;
  /** What was in it: for who asks, without its passwords (http/zookeeper/machine-commands.ts). */
  readonly fileText: string;
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
  /**
   * Where clients connect: clientPortAddress (default: all interfaces), clientPort (0: any free); null:
   * only over TLS.
   */
  readonly clientAddress: NetAddress | null;
  /** maxClientCnxns: connections from one address; 0 is no limit. */
  readonly maxConnectionsPerAddress: number;
  /** What a session timeout is negotiated into. */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** snapCount: a snapshot is begun after about this many transactions. */
  readonly snapshotEveryTxns: number;
  /** autopurge.*: how old snapshots and log files go. */
  readonly autopurge: AutopurgeConfig;
  /** jute.maxbuffer: the longest frame, in bytes. */
  readonly maxFrameBytes: number;
  /** admin.enableServer, admin.serverAddress, admin.serverPort (0: any free). */
  readonly adminEnabled: boolean;
  readonly adminAddress: NetAddress;
  /** admin.snapshot.enabled, admin.rateLimiterIntervalInMS: whether, and how often, one may be asked for. */
  readonly adminSnapshot: { readonly enabled: boolean; readonly minIntervalMs: number };
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
   * The servers as the file has them (version 0); standalone: this one alone. What was made of them by
   * reconfigurations is in the data directory, and counts if `reconfigEnabled`.
   */
  readonly ensemble: EnsembleConfig;
  /** No ensemble: no server lines, or one voter and standaloneEnabled; it can not be reconfigured. */
  readonly isStandalone: boolean;
  /** standaloneEnabled: without it an ensemble may shrink to one voter, and grow from it. */
  readonly standaloneEnabled: boolean;
  /** reconfigEnabled: the servers may be changed at run time; without it the file is the truth. */
  readonly reconfigEnabled: boolean;
  /** dynamicConfigFile: where the server lines are, and are kept up to date; null: in the file. */
  readonly dynamicConfigFile: string | null;
  /** link.via.N: where *this* server reaches server N instead, which may be a proxy of this link. */
  readonly linkVia: ReadonlyMap<ServerId, NetAddress>;
  /** Where this server listens for links of its peers; null when there are none. */
  readonly linkListenAddress: NetAddress | null;
  readonly linkSecurity: LinkSecurity;
  /** What is allowed and probably not meant: for the log. */
  readonly warnings: readonly string[];
}

export interface AutopurgeConfig {
  /** autopurge.purgeInterval, which is in hours; 0: nothing is purged. */
  readonly intervalMs: number;
  /** autopurge.snapRetainCount: so many snapshots are kept, and the log from the oldest of them on. */
  readonly snapRetainCount: number;
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
